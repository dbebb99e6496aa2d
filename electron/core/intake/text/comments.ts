import { basename } from 'node:path';

/** How a language writes comments. */
interface CommentStyle {
  /** What begins a comment that goes on to the end of its line. */
  readonly line: RegExp | null;
  /** Whether a comment stands between slash-star and star-slash. */
  readonly block: boolean;
  /** Whether one stands between `<!--` and `-->`. */
  readonly markup?: true;
}

const HASH = /#/y;
const SLASHES = /\/\//y;
const BY_EXTENSION: readonly (readonly [RegExp, CommentStyle])[] = [
  [/\.(?:json|webmanifest|tfstate)$/, { line: SLASHES, block: true }],
  [/\.(?:tf|tofu|tfvars|hcl|nomad|php)$/, { line: /#|\/\//y, block: true }],
  [
    /\.(?:[cm]?[jt]sx?|jsonc|json5|java|kts?|scala|groovy|gradle|go|rs|cs|fs|swift|dart|c|h|cc|cpp|hpp|cue|bicep|jsonnet|libsonnet|proto|scss|less)$|^jenkinsfile/,
    { line: SLASHES, block: true },
  ],
  [/\.(?:sql|lua|hs)$/, { line: /--/y, block: true }],
  [/\.(?:xml|xhtml|plist|csproj|props|config)$/, { line: null, block: false, markup: true }],
  [/\.(?:ini|cfg|reg)$/, { line: /[#;]/y, block: false }],
  [/\.(?:bat|cmd)$/, { line: /(?:rem\b|::)/iy, block: false }],
];
/** What is written into a file that a template makes stands before these: `values.yaml.tpl`. */
const TEMPLATE =
  /\.(?:tpl|tmpl|tftpl|gotmpl|j2|jinja2?|erb|ejs|hbs|mustache|in|dist|example|sample|template|backup|bak)$/;

/** How comments are written in a file of this name; most settings and scripts write `#`. */
export function commentStyle(name: string): CommentStyle {
  const file = basename(name).toLowerCase();
  const plain = file.replace(TEMPLATE, '');
  return BY_EXTENSION.find(([names]) => names.test(plain))?.[1] ?? { line: HASH, block: false };
}

/** Quotes are looked for where a value may begin: an apostrophe inside a word opens nothing. */
const BEFORE_QUOTE = /[\s=:([{,;!+>&|?]/;

/** What may begin or end a comment or a quoted text in any of the styles. */
const SIGNS = /["'`#;]|\/[/*]|--|<!--|\brem\b|::/gi;

/**
 * Ranges `[start, end)` of the comments of a text, in its order. Marks inside quoted text are none, nor are `#` and `//`
 * inside a word or URL. One pass in which quotes and marks are looked at; nothing is parsed.
 */
export function commentRanges(text: string, style: CommentStyle): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  /** Where the block that opens at an index ends; -1 once no block ends any more. */
  const blockEnd = (from: number, close: string): number => {
    if (unclosed.has(close)) return -1;
    const end = text.indexOf(close, from);
    if (end < 0) unclosed.add(close);
    return end < 0 ? -1 : end + close.length;
  };
  const unclosed = new Set<string>();
  SIGNS.lastIndex = 0;
  for (let found = SIGNS.exec(text); found !== null; found = SIGNS.exec(text)) {
    const { 0: sign, index } = found;
    const before = index === 0 ? '\n' : (text[index - 1] ?? '\n');
    let end = -1;
    if (sign === '"' || sign === "'" || sign === '`') {
      if (BEFORE_QUOTE.test(before)) SIGNS.lastIndex = afterQuoted(text, index, sign);
      continue;
    }
    if (sign === '/*' && style.block && !/[\w.*"'-]/.test(before)) end = blockEnd(index + 2, '*/');
    else if (sign === '<!--' && style.markup === true) end = blockEnd(index + 4, '-->');
    else if (style.line !== null && begins(style.line, text, index) && /[\s;,{}()[\]]/.test(before)) {
      const feed = text.indexOf('\n', index);
      end = feed < 0 ? text.length : feed;
    }
    if (end < 0) continue;
    ranges.push([index, end]);
    SIGNS.lastIndex = end;
  }
  return ranges;
}

function begins(mark: RegExp, text: string, index: number): boolean {
  mark.lastIndex = index;
  return mark.test(text);
}

/** After the quote that closes what opens at `index`; a quote that its line does not close is none. */
function afterQuoted(text: string, index: number, quote: string): number {
  const long = text.startsWith(quote.repeat(3), index) ? 3 : 1;
  const mark = quote.repeat(long);
  for (let at = index + long; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '\n' && long === 1 && quote !== '`') return index + 1;
    else if (char === quote && text.startsWith(mark, at)) return at + long;
  }
  return index + long;
}
