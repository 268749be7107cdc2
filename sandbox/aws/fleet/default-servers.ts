import { LINUX_PATCHES, RHEL_PATCHES, UBUNTU_PATCHES, WINDOWS_PATCHES } from './patch-catalog.ts';
import {
  AGENT_LOST,
  autoScalingMember,
  BACKUP_FAILS,
  emrNode,
  FAILING_PATCH,
  kubernetesNode,
  MORE_FOUND_AFTERWARDS,
  NEVER_SCANNED,
  NOT_MANAGED,
  OFFLINE_AGENT,
  PENDING_REBOOT,
  SOME_PATCHES_FAIL,
  SOMEONE_ELSES_COMMAND,
  STOPPED,
  type Trouble,
  UNHEALTHY_AFTER_REBOOT,
  UP_TO_DATE,
  WINDOWS_PENDING_REBOOT,
} from './troubles.ts';

export const SINGAPORE = 'ap-southeast-1';
export const IRELAND = 'eu-west-1';
/** A name that is an attack on whoever puts it into a Slack message unescaped. */
export const HOSTILE_NAME = '<!channel> *pwn* & <@U123>';

export const SYSTEMS = {
  amazon: {
    platform: 'linux',
    name: 'Amazon Linux',
    version: '2023',
    type: 't3.medium',
    patches: LINUX_PATCHES,
  },
  ubuntu: { platform: 'linux', name: 'Ubuntu', version: '22.04', type: 't3.large', patches: UBUNTU_PATCHES },
  rhel: {
    platform: 'linux',
    name: 'Red Hat Enterprise Linux',
    version: '9.4',
    type: 'm6i.large',
    patches: RHEL_PATCHES,
  },
  windows2019: {
    platform: 'windows',
    name: 'Microsoft Windows Server 2019 Datacenter',
    version: '10.0.17763',
    type: 'm5.xlarge',
    patches: WINDOWS_PATCHES,
  },
  windows2022: {
    platform: 'windows',
    name: 'Microsoft Windows Server 2022 Datacenter',
    version: '10.0.20348',
    type: 'm6i.xlarge',
    patches: WINDOWS_PATCHES,
  },
} as const;

/** Servers of one kind: `prefix-01`, `prefix-02`, …, most of them healthy. */
export interface Group {
  prefix: string;
  count: number;
  system: keyof typeof SYSTEMS;
  region: string;
  application: string;
  owner: string;
  /** By number from 1. */
  troubles?: Record<number, Trouble & { name?: string }>;
  /** A second volume of this many GiB. */
  dataVolumeGiB?: number;
}

const PAYMENTS = { application: 'payments', owner: 'payments-platform' };
const RETAIL = { application: 'web-shop', owner: 'retail-engineering' };

export const PAYMENTS_PROD: Group[] = [
  {
    ...PAYMENTS,
    prefix: 'pay-web',
    count: 4,
    system: 'amazon',
    region: SINGAPORE,
    troubles: { 4: UP_TO_DATE },
  },
  {
    ...PAYMENTS,
    prefix: 'pay-api',
    count: 4,
    system: 'rhel',
    region: SINGAPORE,
    troubles: { 3: SOME_PATCHES_FAIL, 4: NEVER_SCANNED },
  },
  {
    ...PAYMENTS,
    prefix: 'pay-sql',
    count: 3,
    system: 'windows2022',
    region: SINGAPORE,
    dataVolumeGiB: 500,
    troubles: { 2: WINDOWS_PENDING_REBOOT, 3: BACKUP_FAILS },
  },
  {
    ...PAYMENTS,
    prefix: 'pay-batch',
    count: 2,
    system: 'windows2019',
    region: SINGAPORE,
    troubles: { 2: FAILING_PATCH },
  },
  {
    ...PAYMENTS,
    prefix: 'pay-dr-web',
    count: 3,
    system: 'amazon',
    region: IRELAND,
    troubles: { 2: STOPPED, 3: OFFLINE_AGENT },
  },
];

export const RETAIL_PROD: Group[] = [
  {
    ...RETAIL,
    prefix: 'shop-web',
    count: 5,
    system: 'ubuntu',
    region: SINGAPORE,
    troubles: {
      4: autoScalingMember('shop-web-asg'),
      5: {
        name: HOSTILE_NAME,
        expected: 'patched',
        why: 'its Name tag tries to ping a whole channel; patching it works',
      },
    },
  },
  {
    ...RETAIL,
    prefix: 'shop-app',
    count: 4,
    system: 'windows2022',
    region: SINGAPORE,
    troubles: { 3: AGENT_LOST, 4: SOMEONE_ELSES_COMMAND },
  },
  {
    ...RETAIL,
    prefix: 'shop-cache',
    count: 2,
    system: 'amazon',
    region: SINGAPORE,
    troubles: { 2: UP_TO_DATE },
  },
  {
    ...RETAIL,
    prefix: 'shop-report',
    count: 1,
    system: 'rhel',
    region: SINGAPORE,
    troubles: { 1: NOT_MANAGED },
  },
  {
    ...RETAIL,
    prefix: 'shop-emr-core',
    count: 1,
    system: 'amazon',
    region: SINGAPORE,
    troubles: { 1: emrNode('j-3KVXXXEXAMPLE') },
  },
  {
    ...RETAIL,
    prefix: 'shop-eks-node',
    count: 2,
    system: 'amazon',
    region: SINGAPORE,
    troubles: { 1: kubernetesNode('shop'), 2: kubernetesNode('shop') },
  },
];

export const PAYMENTS_DEV: Group[] = [
  {
    ...PAYMENTS,
    prefix: 'dev-pay-web',
    count: 4,
    system: 'amazon',
    region: SINGAPORE,
    troubles: { 3: OFFLINE_AGENT, 4: PENDING_REBOOT },
  },
  {
    ...PAYMENTS,
    prefix: 'dev-pay-api',
    count: 3,
    system: 'rhel',
    region: SINGAPORE,
    troubles: { 2: MORE_FOUND_AFTERWARDS, 3: FAILING_PATCH },
  },
  {
    ...PAYMENTS,
    prefix: 'dev-pay-sql',
    count: 2,
    system: 'windows2022',
    region: SINGAPORE,
    troubles: { 2: STOPPED },
  },
  {
    ...PAYMENTS,
    prefix: 'dev-build',
    count: 4,
    system: 'ubuntu',
    region: SINGAPORE,
    troubles: { 2: NOT_MANAGED, 3: autoScalingMember('dev-build-asg'), 4: BACKUP_FAILS },
  },
];

const SHARED = { application: 'shared-services', owner: 'platform-team' };

export const SHARED_TEST: Group[] = [
  {
    ...SHARED,
    prefix: 'test-web',
    count: 4,
    system: 'amazon',
    region: SINGAPORE,
    troubles: { 3: UNHEALTHY_AFTER_REBOOT, 4: UP_TO_DATE },
  },
  {
    ...SHARED,
    prefix: 'test-win',
    count: 4,
    system: 'windows2019',
    region: SINGAPORE,
    troubles: { 2: NEVER_SCANNED, 3: AGENT_LOST, 4: SOME_PATCHES_FAIL },
  },
  {
    ...SHARED,
    prefix: 'test-ci',
    count: 3,
    system: 'ubuntu',
    region: IRELAND,
    troubles: {
      2: SOMEONE_ELSES_COMMAND,
      3: {
        name: `${HOSTILE_NAME} test`,
        expected: 'patched',
        why: 'its Name tag tries to ping a whole channel; patching it works',
      },
    },
  },
  {
    ...SHARED,
    prefix: 'test-data',
    count: 3,
    system: 'amazon',
    region: IRELAND,
    dataVolumeGiB: 200,
    troubles: { 2: emrNode('j-2TESTEXAMPLE'), 3: kubernetesNode('test') },
  },
];
