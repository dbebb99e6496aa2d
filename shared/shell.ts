/**
 * One word for a shell, as it is typed. `platform`: `win32` for PowerShell, which writes a quote in a quoted word twice; any
 * other for a POSIX shell.
 */
export function shellWord(word: string, platform = 'posix'): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return platform === 'win32' ? `'${word.replaceAll("'", "''")}'` : `'${word.replaceAll("'", "'\\''")}'`;
}
