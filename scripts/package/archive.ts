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

/**
 * What a script loads: the literal of each `require`, `import` and `export … from`, and a mark for one that is
 * computed. Calls of `require` are found by their text, which the bundler writes in one form.
 */
export function loads(file: string, code: string): string[] {
  const { module, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const dynamic = module.dynamicImports.map(({ moduleRequest }) =>
    code.slice(moduleRequest.start, moduleRequest.end),
  );
  const required = [...code.matchAll(/(?<![.\w$[])require\(("[^"\n]*"|[A-Za-z_$][^)"'\n]*)\)/g)].map(
    ([, argument = '']) => argument,
  );
  return [
    ...new Set([
      ...module.staticImports.map((entry) => entry.moduleRequest.value),
      ...module.staticExports.flatMap(({ entries }) =>
        entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
      ),
      ...[...dynamic, ...required].map(
        (argument) => /^\s*(["'`])([^"'`$]+)\1\s*$/.exec(argument)?.[2] ?? '(computed)',
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
