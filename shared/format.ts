/** `12345` → `12,345`. */

export const count = (n: number): string => n.toLocaleString('en-US');

/** `2, 'blob'` → `2 blobs`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/**
 * One word for a shell, as it is typed. `platform`: `win32` for PowerShell, which writes a quote in a quoted word twice; any
 * other for a POSIX shell.
 */
export function shellWord(word: string, platform = 'posix'): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return platform === 'win32' ? `'${word.replaceAll("'", "''")}'` : `'${word.replaceAll("'", "'\\''")}'`;
}
