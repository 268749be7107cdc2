import { licenceOf, type ProductionPackage, productionPackages } from './production-packages.ts';

/** Licences that ask for no more than a notice. Another one needs a decision, and then a line here. */
export const ALLOWED_LICENCES: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
];

/** docs/licences.md */
export function licencesPage(packages: readonly ProductionPackage[] = productionPackages()): string {
  const byLicence = new Map<string, string[]>();
  for (const found of packages) {
    const licence = licenceOf(found);
    byLicence.set(licence, [...(byLicence.get(licence) ?? []), `${found.name} ${found.version}`]);
  }
  const sections = [...byLicence]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([licence, names]) =>
        `## ${licence} (${names.length})\n\n${[...new Set(names)].map((n) => `- ${n}`).join('\n')}`,
    );
  return `${[
    '# Licences',
    `Patchday is under the Apache License 2.0. Where it runs, ${packages.length} packages are installed with it, under the licences below, as each declares it. Allowed are ${ALLOWED_LICENCES.join(', ')}; a test fails on any other. \`npm run sbom\` prints the same tree as a CycloneDX bill of materials.`,
    ...sections,
  ].join('\n\n')}\n`;
}
