import type { SimImage } from '../world/model.ts';
import type { World } from '../world/world.ts';

const NAMES = [
  'al2023-ami-2023.5.20240819.0-kernel-6.1-x86_64',
  'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240801',
  'Windows_Server-2022-English-Full-Base-2024.08.14',
];

/** Other people's public images, the same in every account: DescribeImages shows them unless Owners is given. */
export function publicImages(world: World, region: string): SimImage[] {
  return NAMES.map((name) => ({
    id: `ami-0${world.random.hex(`public:${region}:${name}`, 16)}`,
    accountId: '801100000001',
    region,
    name,
    description: name,
    sourceInstanceId: '',
    state: 'available',
    stateReason: null,
    createdAt: Date.UTC(2024, 7, 20),
    deregisteredAt: null,
    visibleFrom: 0,
    devices: [
      {
        device: '/dev/xvda',
        snapshotId: `snap-0${world.random.hex(`public:${name}`, 16)}`,
        sizeGiB: 8,
        type: 'gp3',
      },
    ],
    rootDevice: '/dev/xvda',
    platform: name.startsWith('Windows') ? 'windows' : 'linux',
    tags: new Map(),
    noReboot: true,
    isPublic: true,
  }));
}
