import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { extractFile, listPackage, statFile } from '@electron/asar';
import { parseSync } from 'vite';

/** The files of an app.asar by their path, with slashes, folders left out. */
export function filesOf(archive: string): Map<string, Buffer> {
  const names = listPackage(archive, { isPack: false })
    .map((name) => name.replaceAll('\\', '/').replace(/^\//, ''))
    .filter((name) => !('files' in statFile(archive, name)));
  return new Map(names.map((name) => [name, extractFile(archive, name)]));
}

/** Calls of `require` and `import()` as the bundler writes them; one with a computed argument counts as such. */
const CALL = /(?<![.\w$[])(?:require|import)\(("[^"\n]*"|[A-Za-z_$][^)"'\n]*)\)/g;

/**
 * What a script loads: the literal of each `require`, `import` and `export … from`, and a mark for one that is
 * computed. A CommonJS bundle has calls alone, which are found by their text.
 */
function loads(file: string, code: string): string[] {
  const called = [...code.matchAll(CALL)].map(([, argument = '']) => argument);
  const literal = (argument: string) => /^(["'`])([^"'`$]+)\1$/.exec(argument.trim())?.[2] ?? '(computed)';
  if (file.endsWith('.cjs')) return [...new Set(called.map(literal))];
  const { module, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  return [
    ...new Set([
      ...module.staticImports.map((entry) => entry.moduleRequest.value),
      ...module.staticExports.flatMap(({ entries }) =>
        entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
      ),
      ...module.dynamicImports.map(({ moduleRequest }) =>
        literal(code.slice(moduleRequest.start, moduleRequest.end)),
      ),
    ]),
  ];
}

/** Modules that a script of the archive loads and that are neither in it, nor Node's, nor Electron's. */
export function unresolved(files: ReadonlyMap<string, Buffer>): string[] {
  return [...files].flatMap(([name, bytes]) => {
    if (!/\.c?js$/.test(name)) return [];
    return loads(name, bytes.toString('utf8'))
      .filter((to) => {
        if (to === 'electron' || isBuiltin(to)) return name.startsWith('dist/renderer/');
        if (to.startsWith('.')) return !files.has(posix.join(posix.dirname(name), to));
        return true;
      })
      .map((to) => `${name}: ${to}`);
  });
}
