import type { PatchDefinition, Severity } from './fleet.ts';

function windows(
  kbId: string,
  title: string,
  severity: Severity,
  cveIds: string[] = [],
  classification = 'SecurityUpdates',
): PatchDefinition {
  return { kbId, title, classification, severity, cveIds };
}

function linux(
  kbId: string,
  severity: Severity,
  cveIds: string[] = [],
  classification = cveIds.length > 0 ? 'Security' : 'Bugfix',
): PatchDefinition {
  return { kbId, title: kbId, classification, severity, cveIds };
}

/** Updates as Windows Server names them. */
export const WINDOWS_PATCHES: readonly PatchDefinition[] = [
  windows(
    'KB5034439',
    '2024-01 Security Update for Windows Server 2022 for x64-based Systems (KB5034439)',
    'Important',
    ['CVE-2024-20666'],
  ),
  windows(
    'KB5036909',
    '2024-04 Cumulative Update for Microsoft server operating system version 21H2 (KB5036909)',
    'Critical',
    ['CVE-2024-26234', 'CVE-2024-29988', 'CVE-2024-26158'],
  ),
  windows(
    'KB5037034',
    '2024-04 Cumulative Update for .NET Framework 3.5, 4.8 and 4.8.1 (KB5037034)',
    'Important',
    ['CVE-2024-21409'],
  ),
  windows(
    'KB5039227',
    '2024-06 Cumulative Update for Microsoft server operating system version 21H2 (KB5039227)',
    'Critical',
    ['CVE-2024-30080', 'CVE-2024-30078'],
  ),
  windows(
    'KB890830',
    'Windows Malicious Software Removal Tool x64 - v5.124 (KB890830)',
    'Unspecified',
    [],
    'UpdateRollups',
  ),
  windows('KB5035857', '2024-03 Security Update for Windows Server 2022 (KB5035857)', 'Important', [
    'CVE-2024-21407',
    'CVE-2024-21408',
  ]),
];

/** Packages as the RPM and dpkg families name them, with the architecture and version that would be installed. */
export const LINUX_PATCHES: readonly PatchDefinition[] = [
  linux('kernel.x86_64:0:6.1.94-99.176.amzn2023', 'Important', ['CVE-2024-36971', 'CVE-2024-35870']),
  linux('openssl-libs.x86_64:1:3.0.8-1.amzn2023.0.14', 'Medium', ['CVE-2024-5535', 'CVE-2024-4741']),
  linux('openssh-server.x86_64:0:8.7p1-8.amzn2023.0.11', 'Critical', ['CVE-2024-6387']),
  linux('glibc.x86_64:0:2.34-52.amzn2023.0.10', 'Important', ['CVE-2024-2961']),
  linux('curl-minimal.x86_64:0:8.5.0-1.amzn2023.0.4', 'Medium', ['CVE-2024-2398', 'CVE-2024-2004']),
  linux('python3.x86_64:0:3.9.16-1.amzn2023.0.8', 'Medium', ['CVE-2024-0450']),
  linux('less.x86_64:0:608-2.amzn2023.0.2', 'Important', ['CVE-2024-32487']),
  linux('tzdata.noarch:0:2024a-1.amzn2023.0.1', 'Unspecified'),
  linux('bind-libs.x86_64:32:9.16.48-1.amzn2023.0.1', 'Important', ['CVE-2023-50387', 'CVE-2023-50868']),
  linux('sudo.x86_64:0:1.9.15-1.p5.amzn2023.0.1', 'Low', ['CVE-2023-42465']),
  linux('vim-minimal.x86_64:2:9.1.346-1.amzn2023.0.1', 'Low', ['CVE-2024-22667']),
];
