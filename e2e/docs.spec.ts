import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocks, examples, openShell, shows } from '../tools/docs/console.ts';
import { documents, read, root } from '../tools/docs/files.ts';
import { rewriteExamples } from '../tools/docs/write.ts';
import { expect, test } from './support/fixtures.ts';
import { cli, environment } from './support/home.ts';

/** `REWRAP_WRITE_DOCS=1` puts what was printed into the documents instead of comparing. */
const writing = process.env.REWRAP_WRITE_DOCS !== undefined;

/** A stand-in for gitleaks: it writes a report of two results, as gitleaks 8.30 does of such files. */
function writeScanner(bin: string, vault: string): void {
  const blob = readFileSync(join(vault, 'payments/db-password.txt'), 'utf8').trim();
  const result = (File: string, StartLine: number, Secret: string) => ({
    ...{ RuleID: 'generic-api-key', StartLine, EndLine: StartLine, Match: Secret, Secret, File, Commit: '' },
    Fingerprint: `${File}:generic-api-key:${StartLine}`,
  });
  const report = JSON.stringify([
    result('payments/db-password.txt', 1, blob),
    result('payments/webhook-secret.json', 2, 'CiphertextBlob'),
  ]);
  writeFileSync(
    join(bin, 'gitleaks'),
    `#!/bin/sh\nwhile [ "$1" != --report-path ]; do shift; done\ncat > "$2" <<'END'\n${report}\nEND\n`,
    { mode: 0o755 },
  );
}

test.describe('documents', () => {
  test.skip(process.platform === 'win32', 'the examples are for a POSIX shell');

  for (const path of documents()) {
    const sessions = blocks(read(path)).filter(({ language }) => language === 'console');
    if (sessions.length === 0) continue;
    test(`${path}: each example prints what it shows`, async ({ stage }) => {
      const bin = join(stage.home, '..', 'bin');
      const vault = join(stage.home, '..', 'vault');
      mkdirSync(bin);
      writeFileSync(
        join(bin, 'rewrap'),
        `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${cli}' "$@"\n`,
      );
      chmodSync(join(bin, 'rewrap'), 0o755);
      cpSync(join(stage.home, 'practice', 'vault'), vault, { recursive: true });
      writeScanner(bin, vault);
      const session = openShell(vault, {
        ...environment(stage.home),
        PATH: `${bin}:${process.env.PATH}`,
        HOME: join(stage.home, '..'),
        COLUMNS: '100',
        LANG: 'C.UTF-8',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_NAME: 'You',
        GIT_AUTHOR_EMAIL: 'you@example.com',
        GIT_COMMITTER_NAME: 'You',
        GIT_COMMITTER_EMAIL: 'you@example.com',
      });
      const printed: { line: number; lines: string[] }[] = [];
      try {
        for (const block of sessions) {
          const all = examples(block);
          for (const [index, { command, output, line }] of all.entries()) {
            const { lines, code } = await session.run(command);
            printed.push({ line, lines });
            const asked = /\becho .*\$\?/.test(all[index + 1]?.command ?? '');
            if (!asked) expect(code, `${path}:${line}: ${command}\n${lines.join('\n')}`).toBe(0);
            if (writing || shows(output, lines)) continue;
            expect(lines, `${path}:${line}: ${command}`).toEqual(output);
          }
        }
      } finally {
        session.close();
      }
      if (writing) rewriteExamples(join(root, path), printed);
    });
  }
});
