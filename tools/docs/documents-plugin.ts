import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { compileAll } from './compile.ts';

const NAME = 'virtual:documents';

/** Gives the page the documents of `folder` as data, and their pictures as files of its own. */
export function documentsPlugin(folder: string): Plugin {
  return {
    name: 'documents',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const documents = compileAll(folder);
      for (const { name } of documents) this.addWatchFile(join(folder, `${name}.md`));
      const pictures = readdirSync(join(folder, 'pictures')).filter((name) => name.endsWith('.png'));
      return [
        ...pictures.map((name, i) => `import p${i} from ${JSON.stringify(join(folder, 'pictures', name))};`),
        `export const pictures = { ${pictures.map((name, i) => `${JSON.stringify(name)}: p${i}`).join(', ')} };`,
        `export const documents = JSON.parse(${JSON.stringify(JSON.stringify(documents))});`,
      ].join('\n');
    },
  };
}
