/**
 * What an exit code of AWS-RunPatchBaseline means to a person, and what to do about it.
 *
 * Sources: for Linux and macOS the constants of the on-instance payload as published in 2021
 * (`constant_repository.py`, `common_startup_entrance.py`, `main_entrance.py`); it may have changed since,
 * so every sentence stays true when only the number is. For Windows 3010 is in the AWS guide
 * (`send-commands-reboot`), and the 0x8024… and 0x8007… values are Microsoft's list of Windows Update
 * errors. 137 and 143 are the shell's 128 + signal.
 */
import type { Platform } from './instance.ts';

export interface ExitCodeMeaning {
  /** Part of a sentence, lower case, without a full stop: "exit code 3: <meaning>." */
  meaning: string;
  /** A whole sentence: what a person should do. Empty only for 0. */
  next: string;
}

const RETRY = 'then /patch retry';
const READ_OUTPUT = `Read the excerpt of its output, or the patch log on the instance, mend the cause, ${RETRY}.`;
const PATCH_BUCKETS = `Check that the instance reaches the Amazon S3 buckets of Patch Manager (S3 endpoint, proxy, endpoint policy), ${RETRY}.`;
const PROFILE = `Check the instance profile (AmazonSSMManagedInstanceCore) and the path to the Systems Manager endpoints, ${RETRY}.`;
const OVERRIDE =
  'Patchday gives no baseline override, so somebody else runs patches here: find out who, before /patch retry.';

const SUCCESS: ExitCodeMeaning = { meaning: 'the command ended with success', next: '' };

const LINUX: ReadonlyMap<number, ExitCodeMeaning> = new Map([
  [
    1,
    {
      meaning: 'the patch operation failed, in whole or in part',
      next: READ_OUTPUT,
    },
  ],
  [
    2,
    {
      meaning: 'a dependency check failed, so packages could not be resolved or installed',
      next: `Run the package manager by hand on the instance (dnf check, apt-get check), mend its repositories, ${RETRY}.`,
    },
  ],
  [
    3,
    {
      meaning: 'the instance was asked to reboot four times and did not',
      next: `Find out what holds up the reboot, reboot it by hand when its owners agree, ${RETRY}.`,
    },
  ],
  [
    126,
    {
      meaning: 'a script could not be executed: a file system that it lives on is mounted noexec',
      next: `Allow execution under /var/lib/amazon, ${RETRY}.`,
    },
  ],
  [
    127,
    {
      meaning: 'a program that the patch step needs (such as a Python 3) was not found',
      next: `Install what the excerpt names as not found, ${RETRY}.`,
    },
  ],
  [
    137,
    {
      meaning: 'the patch process was killed, often for want of memory',
      next: `Check the package state and the kernel log (out of memory), ${RETRY}.`,
    },
  ],
  [
    143,
    {
      meaning: 'the patch process was told to end before it was done',
      next: `Check the package state on the instance before /patch retry: it may have ended in the middle of a transaction.`,
    },
  ],
  [145, { meaning: 'access to the patch snapshot was denied', next: PROFILE }],
  [
    146,
    {
      meaning: 'Patch Manager does not support this operating system',
      next: 'Exclude the instance (tag or configuration) and patch it by other means.',
    },
  ],
  [
    148,
    {
      meaning: 'the instance metadata service did not answer',
      next: `Check that instance metadata is switched on and its hop limit suffices, ${RETRY}.`,
    },
  ],
  [149, { meaning: 'the patch inventory could not be reported to Systems Manager', next: PROFILE }],
  [
    151,
    {
      meaning: 'the downloaded patch payload had a wrong checksum',
      next: `Check proxies that alter downloads, ${RETRY}.`,
    },
  ],
  [
    152,
    {
      meaning: 'the patch payload could not be extracted, as when two patch operations run at once',
      next: `Check for room in /var and for another patch operation at the same time, ${RETRY}.`,
    },
  ],
  [
    154,
    {
      meaning: 'a working directory could not be made',
      next: `Check for room and write permission in /var, ${RETRY}.`,
    },
  ],
  [
    155,
    {
      meaning: 'the patch payload could not be extracted, as when two patch operations run at once',
      next: `Check for room in /var and for another patch operation at the same time, ${RETRY}.`,
    },
  ],
  [156, { meaning: 'the patch payload could not be downloaded', next: PATCH_BUCKETS }],
  [160, { meaning: 'access to a baseline override was denied', next: OVERRIDE }],
  [165, { meaning: 'several baseline overrides were given for one operating system', next: OVERRIDE }],
  [167, { meaning: 'a baseline override and an install override list were both given', next: OVERRIDE }],
  [
    194,
    {
      meaning: 'a reboot was asked for and the command did not come back after it',
      next: `Check that the instance and its SSM agent came up again, ${RETRY}.`,
    },
  ],
]);

/** Only where no single code above is known. The two blocks overlap at 150–153 in the source: most specific first. */
const LINUX_RANGES: readonly { from: number; to: number; says: ExitCodeMeaning }[] = [
  {
    from: 150,
    to: 156,
    says: { meaning: 'the patch document or its payload could not be prepared', next: PATCH_BUCKETS },
  },
  {
    from: 160,
    to: 167,
    says: { meaning: 'a baseline override could not be used', next: OVERRIDE },
  },
  {
    from: 130,
    to: 153,
    says: {
      meaning: 'the patch snapshot, the baseline or the inventory could not be read or reported',
      next: PROFILE,
    },
  },
];

const DISK_FULL = `Make room on the system disk, ${RETRY}.`;
const UPDATE_SOURCE = `Check that the instance reaches Windows Update or its WSUS server (proxy, name resolution, firewall), ${RETRY}.`;

/** HRESULTs as unsigned 32-bit numbers. */
const WINDOWS: ReadonlyMap<number, ExitCodeMeaning> = new Map([
  [
    1,
    {
      meaning: 'the patch operation failed, in whole or in part',
      next: READ_OUTPUT,
    },
  ],
  [
    3010,
    {
      meaning: 'a reboot was asked for and the command did not come back after it',
      next: `Check that the instance and its SSM agent came up again, ${RETRY}.`,
    },
  ],
  [
    0xffffffff,
    { meaning: 'the PowerShell step of the patch document ended with an error', next: READ_OUTPUT },
  ],
  [0x80070005, { meaning: 'access was denied while updates were installed', next: READ_OUTPUT }],
  [0x80070070, { meaning: 'the disk is full', next: DISK_FULL }],
  [0x80072ee2, { meaning: 'the connection to the update server timed out', next: UPDATE_SOURCE }],
  [0x80072efd, { meaning: 'no connection to the update server could be made', next: UPDATE_SOURCE }],
  [
    0x80240016,
    {
      meaning: 'another installation is going on, or a reboot is due before updates can be installed',
      next: `Reboot it when its owners agree, ${RETRY}.`,
    },
  ],
  [0x80240022, { meaning: 'every update failed to install', next: READ_OUTPUT }],
  [0x8024402c, { meaning: 'the name of the update server could not be resolved', next: UPDATE_SOURCE }],
]);

/** The meaning of `code`; never throws, and never claims more than is known of an unlisted code. */
export function exitCodeMeaning(platform: Platform, code: number): ExitCodeMeaning {
  if (code === 0) return SUCCESS;
  if (code === -1 && platform !== 'windows') {
    // ResponseCode of GetCommandInvocation is -1 while a step has not started.
    return {
      meaning: 'the patch step did not start',
      next: `Check its SSM agent, ${RETRY}.`,
    };
  }
  if (platform === 'windows') {
    const unsigned = code >>> 0;
    return (
      WINDOWS.get(unsigned) ?? {
        meaning: unsigned >= 0x80000000 ? `Windows error 0x${unsigned.toString(16)}` : UNLISTED,
        next: READ_OUTPUT,
      }
    );
  }
  const range = LINUX_RANGES.find((r) => code >= r.from && code <= r.to);
  return LINUX.get(code) ?? range?.says ?? { meaning: UNLISTED, next: READ_OUTPUT };
}

const UNLISTED = 'no published meaning';
