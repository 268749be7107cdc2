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

/** Packages as Ubuntu names them. */
export const UBUNTU_PATCHES: readonly PatchDefinition[] = [
  linux('openssh-server.amd64:1:8.9p1-3ubuntu0.10', 'Critical', ['CVE-2024-6387']),
  linux('libssl3.amd64:3.0.2-0ubuntu1.17', 'Medium', ['CVE-2024-5535', 'CVE-2024-4741']),
  linux('libc6.amd64:2.35-0ubuntu3.8', 'Important', ['CVE-2024-2961', 'CVE-2024-33599']),
  linux('linux-image-aws.amd64:6.5.0.1023.23', 'Important', ['CVE-2024-26925']),
  linux('curl.amd64:7.81.0-1ubuntu1.17', 'Medium', ['CVE-2024-7264']),
  linux('bind9-libs.amd64:1:9.18.28-0ubuntu0.22.04.1', 'Important', ['CVE-2024-0760']),
  linux('tzdata.all:2024a-0ubuntu0.22.04.1', 'Unspecified'),
  linux('vim-tiny.amd64:2:8.2.3995-1ubuntu2.17', 'Low', ['CVE-2024-43374']),
];

/** Packages as Red Hat Enterprise Linux 9 names them. */
export const RHEL_PATCHES: readonly PatchDefinition[] = [
  linux('kernel.x86_64:0:5.14.0-427.31.1.el9_4', 'Important', ['CVE-2024-36886', 'CVE-2024-26925']),
  linux('openssh-server.x86_64:0:8.7p1-38.el9_4.4', 'Critical', ['CVE-2024-6387', 'CVE-2024-6409']),
  linux('glibc.x86_64:0:2.34-100.el9_4.2', 'Important', ['CVE-2024-2961']),
  linux('openssl.x86_64:1:3.0.7-28.el9_4', 'Low', ['CVE-2024-6119']),
  linux('bind-libs.x86_64:32:9.16.23-18.el9_4.6', 'Important', ['CVE-2024-1737', 'CVE-2024-1975']),
  linux('python3-setuptools.noarch:0:53.0.0-12.el9_4.1', 'Important', ['CVE-2024-6345']),
  linux('tzdata.noarch:0:2024a-1.el9', 'Unspecified'),
];
