import type { EnvironmentPolicy } from '../../../../src/workflow/settings.ts';
import type { Beginning } from '../beginning.ts';
import type { Company } from '../company.ts';

/** A policy under which no backup is made. */
export const NO_BACKUP: Partial<EnvironmentPolicy> = {
  backup: { required: false, noReboot: true, retentionDays: 3, withoutVerifiedBackup: 'skip' },
};

export interface Story {
  /** Also the name of the file in which it is told. */
  name: string;
  beginning?: Beginning;
  /** What is asked, what goes wrong, what people answer. */
  script: (company: Company) => Promise<void>;
}
