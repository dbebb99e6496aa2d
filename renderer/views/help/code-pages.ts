import { entryOf, FINDINGS, type FindingCode } from '#shared/findings.ts';
import { pageCodes, pageOf } from '#shared/kms/explain/pages.ts';
import type { DocumentElement, DocumentNode, HelpDocument } from './document.ts';

const FOLDER = 'troubleshooting';

const make = (element: string, children: readonly DocumentNode[], more = {}): DocumentElement => ({
  element,
  ...more,
  children,
});
/** Words of the lists: what stands between backticks is code, and so are addresses, which nothing here opens. */
const words = (text: string): DocumentNode[] =>
  text
    .split(/`([^`]+)`|(https?:\/\/[^\s,]*[^\s,.])/)
    .flatMap((part, i) =>
      part === undefined || part === '' ? [] : [i % 3 === 0 ? part : make('code', [part])],
    );
const strong = (text: string): DocumentElement => make('strong', [text]);

export const isFinding = (code: string): code is FindingCode => Object.hasOwn(FINDINGS, code);

/** The reason of a finding says what the finding means; that of an error, where it comes from. */
function causesTitle(code: string, count: number): string {
  if (isFinding(code)) return 'What it means';
  return count === 1 ? 'Likely cause' : 'Likely causes';
}

/** The page of a code, as `docs/troubleshooting/CODE.md` has it; made here, because the lists ship with the page anyway. */
export function codeDocument(code: string): HelpDocument {
  const page = pageOf(code);
  if (page === null) throw new Error(`no page for ${code}`);
  const { what, who, causes, remedy, run, copy } = page;
  const nodes = [
    make('h1', [code], { id: code.toLowerCase() }),
    make('p', words(what)),
    isFinding(code)
      ? make('p', [make('em', [entryOf(code).severity]), `, ${who}.`])
      : make('p', [strong('Who refuses.'), ` ${who}.`]),
    ...(causes.length === 0
      ? []
      : [
          make('p', [strong(causesTitle(code, causes.length))]),
          make(
            'ul',
            causes.map((cause) => make('li', words(cause))),
          ),
        ]),
    make('p', [strong('What to do.'), ...words(` ${remedy}`)]),
    ...(run === '' ? [] : [make('p', [strong('Trying again.'), ...words(` ${run}`)])]),
    ...copy.flatMap(({ title, statement }) => [make('p', [`${title}:`]), make('pre', [statement])]),
    make('p', [make('a', ['All codes'], { to: `../${FOLDER}.md` })]),
  ];
  return { name: `${FOLDER}/${code}`, title: code, nodes };
}

let all: readonly HelpDocument[] | null = null;

/** The pages of all codes, made when they are first searched. */
export function codeDocuments(): readonly HelpDocument[] {
  all ??= pageCodes().map(codeDocument);
  return all;
}

/** The page of a code by the name of its document; null where the name is that of another document. */
export function codeDocumentNamed(name: string): HelpDocument | null {
  const code = name.startsWith(`${FOLDER}/`) ? name.slice(FOLDER.length + 1) : null;
  return code === null || pageOf(code)?.code !== code ? null : codeDocument(code);
}
