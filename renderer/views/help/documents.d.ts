/** `docs/*.md`, compiled by the build (`tools/docs/documents-plugin.ts`). */
declare module 'virtual:documents' {
  import type { HelpDocument } from './document.ts';
  export const documents: readonly HelpDocument[];
  /** Addresses of the pictures that the documents show, by file name. */
  export const pictures: Readonly<Record<string, string>>;
}
