import type { Ids } from './ids.ts';
import type { PageFile } from './page-api.ts';

export interface StoredFile {
  id: string;
  name: string;
  title: string;
  /** What files.getUploadURLExternal was told; the upload must be exactly this long. */
  declaredSize: number;
  altText: string | null;
  ticket: string;
  bytes: Buffer | null;
  /** True once files.completeUploadExternal has taken it. */
  completed: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  md: 'text/markdown',
  pdf: 'application/pdf',
  png: 'image/png',
  txt: 'text/plain',
};

/** Uploads in their three steps: an address is asked for, bytes arrive there, the file is completed. */
export class FileStore {
  private readonly files = new Map<string, StoredFile>();
  private readonly ids: Ids;

  constructor(ids: Ids) {
    this.ids = ids;
  }

  begin(name: string, declaredSize: number, altText: string | null): StoredFile {
    const id = this.ids.next('F');
    const file: StoredFile = {
      id,
      name,
      title: name,
      declaredSize,
      altText,
      ticket: `${id}-${this.ids.next('K')}`,
      bytes: null,
      completed: false,
    };
    this.files.set(id, file);
    return file;
  }

  get(id: string): StoredFile | undefined {
    return this.files.get(id);
  }

  byTicket(ticket: string): StoredFile | undefined {
    return [...this.files.values()].find((file) => file.ticket === ticket);
  }

  page(id: string): PageFile | undefined {
    const file = this.files.get(id);
    if (!file?.completed) return undefined;
    return {
      id,
      name: file.name,
      title: file.title,
      mimetype: mimetype(file.name),
      size: file.bytes?.length ?? 0,
      url: `/sandbox/files/${id}/${encodeURIComponent(file.name)}`,
    };
  }
}

export function mimetype(name: string): string {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return TYPES[ending] ?? 'application/octet-stream';
}
