import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exitCodeMeaning } from '../../src/workflow/exit-codes.ts';
import type { Platform } from '../../src/workflow/instance.ts';

const PLATFORMS: readonly Platform[] = ['linux', 'windows', 'unknown'];

describe('the meaning of exit codes', () => {
  it('says nothing is to be done after 0, on every platform', () => {
    for (const platform of PLATFORMS) expect(exitCodeMeaning(platform, 0).next).toBe('');
  });

  it.each([
    [1, /failed/],
    [2, /dependency/],
    [3, /reboot four times/],
    [126, /noexec/],
    [145, /snapshot was denied/],
    [146, /does not support this operating system/],
    [148, /metadata/],
    [149, /inventory/],
    [150, /payload could not be prepared/],
    [151, /checksum/],
    [152, /extracted/],
    [154, /directory/],
    [155, /extracted/],
    [156, /downloaded/],
    [160, /override was denied/],
    [163, /override could not be used/],
    [165, /several/],
    [167, /both given/],
    [194, /reboot/],
    [131, /snapshot, the baseline or the inventory/],
  ])('explains exit code %i on Linux', (code, meaning) => {
    expect(exitCodeMeaning('linux', code).meaning).toMatch(meaning);
  });

  it('reads a Windows error alike whether it comes signed or unsigned', () => {
    expect(exitCodeMeaning('windows', -2147024784)).toEqual(exitCodeMeaning('windows', 0x80070070));
    expect(exitCodeMeaning('windows', -2147024784).meaning).toBe('the disk is full');
    expect(exitCodeMeaning('windows', -1)).toEqual(exitCodeMeaning('windows', 4294967295));
  });

  it('names an unlisted Windows error by the number that people search for', () => {
    expect(exitCodeMeaning('windows', 0x8024200d).meaning).toBe('Windows error 0x8024200d');
  });

  it('does not give Windows codes the meaning of Linux ones', () => {
    expect(exitCodeMeaning('windows', 156).meaning).toBe('no published meaning');
    expect(exitCodeMeaning('linux', 3010).meaning).toBe('no published meaning');
  });

  it('is told in these sentences', async () => {
    const told = (platform: Platform, codes: readonly number[]) =>
      codes.map((code) => {
        const { meaning, next } = exitCodeMeaning(platform, code);
        const number = code > 255 && code !== 3010 ? `0x${code.toString(16)}` : code;
        return `${platform} ${number}: ${meaning}. ${next}`.trim();
      });
    const small = Array.from({ length: 257 }, (_, i) => i - 1);
    const windows = [
      ...[-1, 0, 1, 2, 3010, 0x7fffffff, 0x80000000, 0xffffffff],
      ...[0x80070005, 0x80070070, 0x80072ee2, 0x80072efd, 0x80240016, 0x80240022, 0x8024402c, 0x80240000],
    ];
    const sentences = [...told('linux', small), ...told('windows', windows)].join('\n');
    await expect(`${sentences}\n`).toMatchFileSnapshot('told/exit-codes.txt');
  });

  it('never ends in a full stop, and always says what to do unless all is well', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PLATFORMS), fc.integer(), (platform, code) => {
        const { meaning, next } = exitCodeMeaning(platform, code);
        expect(meaning).not.toMatch(/[.\n]$|^$/);
        if (code !== 0) expect(next).toMatch(/^[A-Z].*\.$/);
      }),
    );
  });
});
