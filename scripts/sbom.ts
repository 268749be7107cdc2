/**
 * `npm run sbom`: a CycloneDX bill of materials of what is installed where Patchday runs, on stdout.
 *
 * Not `npm sbom --omit=dev`: npm 11 leaves out every package that a development dependency needs as well
 * (seen with 11.19: the direct dependency `yaml` was missing, and 20 more). So npm lists the whole lockfile,
 * and what is only for development is taken out here.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { productionPackages } from './production-packages.ts';

interface Sbom {
  metadata: { component: { 'bom-ref': string } };
  components: { 'bom-ref': string; name: string; version: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const { status, stdout, stderr } = spawnSync(
  'npm',
  ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  },
);
if (status !== 0) {
  console.error(`npm sbom failed: ${stderr}`);
  process.exit(1);
}
const sbom = JSON.parse(stdout) as Sbom;
const wanted = new Set(productionPackages().map((p) => `${p.name} ${p.version}`));
sbom.components = sbom.components.filter((c) => wanted.has(`${c.name} ${c.version}`));
const refs = new Set([sbom.metadata.component['bom-ref'], ...sbom.components.map((c) => c['bom-ref'])]);
sbom.dependencies = sbom.dependencies
  .filter((d) => refs.has(d.ref))
  .map((d) => ({ ...d, dependsOn: d.dependsOn.filter((ref) => refs.has(ref)) }));
console.log(JSON.stringify(sbom, null, 2));
