import type { Beginning, Company } from '../company.ts';

export interface Story {
  /** Also the name of the file in which it is told. */
  name: string;
  beginning?: Beginning;
  /** What is asked, what goes wrong, what people answer. */
  script: (company: Company) => Promise<void>;
}
