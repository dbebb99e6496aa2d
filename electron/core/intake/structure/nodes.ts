import type { TextView } from '../text/text-view.ts';

/** Syntaxes that are read into values with their places. */
type Syntax = 'json' | 'json-lines' | 'yaml' | 'dotenv' | 'ini' | 'csv' | 'toml' | 'hcl';

type LeafStyle =
  | 'json-string'
  /** Written without quotes: YAML plain, dotenv, INI and CSV text, and JSON numbers, `true`, `null`. */
  | 'plain'
  | 'single'
  | 'double'
  | 'block-literal'
  | 'block-folded'
  | 'heredoc'
  /** HCL text with `${…}` in it: not a value but a program that gives one. */
  | 'template'
  /** The value of an HTTP header: the rest of its line. */
  | 'header';

/** How values of one style are read and written; one object for all leaves of that style. */
export interface LeafRules {
  readonly style: LeafStyle;
  /** Whether a backslash begins an escape, as in JSON. */
  readonly escaped: boolean;
  value(leaf: Leaf): string;
  /** The new raw text for `[start, end)`. */
  write(leaf: Leaf, text: string): string;
  /** The new raw text for `[outerStart, outerEnd)`, quoted anew if the style cannot hold it. */
  rewrite(leaf: Leaf, text: string): string;
}

/** A map (object, table, section, row) or list. */
export class Group {
  readonly kind: 'map' | 'list';
  readonly parent: Group | null;
  /** Name or index in the parent; '' at the top. */
  readonly key: string | number;
  /** Range of the key as written, quotes included; -1 where there is none. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Index of its first character (a bracket, or the first key of a block). */
  readonly start: number;
  /** Index after its last character. */
  end = -1;
  /** Whether it stands in brackets (JSON, YAML flow) rather than in lines. */
  readonly bracketed: boolean;
  /** What stands before every place in it: "document 2: ", "line 3: ". */
  readonly label: string;
  readonly members: (Group | Leaf)[] = [];

  constructor(made: {
    kind: 'map' | 'list';
    parent: Group | null;
    key?: string | number;
    keyStart?: number;
    keyEnd?: number;
    start: number;
    bracketed?: boolean;
    label?: string;
  }) {
    this.kind = made.kind;
    this.parent = made.parent;
    this.key = made.key ?? '';
    this.keyStart = made.keyStart ?? -1;
    this.keyEnd = made.keyEnd ?? -1;
    this.start = made.start;
    this.bracketed = made.bracketed ?? false;
    this.label = made.label ?? '';
  }

  /** The member of that name; the last one, as readers of JSON have it, where there are several. */
  member(key: string | number): Group | Leaf | null {
    return this.members.findLast((one) => one.key === key) ?? null;
  }

  get path(): readonly (string | number)[] {
    return pathOf(this);
  }

  /** The place for people: `sops.kms[0]`; "" at the top. */
  get place(): string {
    return placeOf(this);
  }
}

/** A value and where it stands. Made for every value of a file, so it is small, and works out the rest when asked. */
export class Leaf {
  readonly view: TextView;
  readonly parent: Group;
  readonly key: string | number;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Indexes into `view.text` of the value's raw text: quotes excluded, for a block its first to last printed character. */
  readonly start: number;
  readonly end: number;
  /** The same with quotes, or a block's header and last line. */
  readonly outerStart: number;
  readonly outerEnd: number;
  readonly rules: LeafRules;
  /** Spaces before the map or list that a YAML block scalar belongs to; 0 elsewhere. */
  readonly indent: number;

  constructor(made: {
    view: TextView;
    parent: Group;
    key: string | number;
    keyStart?: number;
    keyEnd?: number;
    start: number;
    end: number;
    outerStart?: number;
    outerEnd?: number;
    rules: LeafRules;
    indent?: number;
  }) {
    this.view = made.view;
    this.parent = made.parent;
    this.key = made.key;
    this.keyStart = made.keyStart ?? -1;
    this.keyEnd = made.keyEnd ?? -1;
    this.start = made.start;
    this.end = made.end;
    this.outerStart = made.outerStart ?? made.start;
    this.outerEnd = made.outerEnd ?? made.end;
    this.rules = made.rules;
    this.indent = made.indent ?? 0;
  }

  get style(): LeafStyle {
    return this.rules.style;
  }

  get path(): readonly (string | number)[] {
    return pathOf(this);
  }

  /** The place for people: `sops.kms[0].enc`, `line 3, column "blob"`. Unique unless a name stands twice in one map. */
  get place(): string {
    return placeOf(this);
  }

  /** The raw text as it stands, one character per byte for UTF-8 (see {@link TextView}). */
  get raw(): string {
    return this.view.text.slice(this.start, this.end);
  }

  /** The value that a reader of the syntax gets. */
  value(): string {
    return this.rules.value(this);
  }

  /**
   * New raw text for `[start, end)` that a reader gets as `text`: escaped for the style, lines indented. Exact for text
   * without control characters that is not blank at its ends; {@link rewrite} holds any text.
   */
  write(text: string): string {
    return this.rules.write(this, text);
  }

  /** New raw text for `[outerStart, outerEnd)`, in the same style where it can hold `text`, else in quotes that can. */
  rewrite(text: string): string {
    return this.rules.rewrite(this, text);
  }
}

/** A file as values with their exact places. */
export interface Structure {
  readonly syntax: Syntax;
  readonly view: TextView;
  /** One for each document. */
  readonly roots: readonly Group[];
  /** Every value in the order of the file. */
  readonly leaves: readonly Leaf[];
}

/** Most values of a file that are followed: what is larger is read as free text. About 150 MB of objects. */
export const MAX_VALUES = 1_000_000;
/** Deepest nesting followed. */
export const MAX_DEPTH = 200;

function pathOf(node: Group | Leaf): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Group | Leaf = node; at.parent !== null; at = at.parent) path.push(at.key);
  return path.reverse();
}

function placeOf(node: Group | Leaf): string {
  let root: Group | Leaf = node;
  while (root.parent !== null) root = root.parent;
  const label = root instanceof Group ? root.label : '';
  if (label === CSV_LABEL) return csvPlace(pathOf(node));
  return label + pathText(pathOf(node));
}

/** Letters of base64, more than a name has: a blob, or a digest. */
export const LONG_LETTERS = /[A-Za-z0-9+/_=-]{100,}/;

/** A name with no blob in it: places stay the same when a blob is replaced. */
export function shortName(key: string): string {
  return key.length < 100 ? key : key.replaceAll(new RegExp(LONG_LETTERS, 'g'), '…');
}

/** `a.b[3]["odd name"]`: names that are not plain are quoted. */
function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (!/^[\w$-]+$/.test(key)) text += `[${JSON.stringify(shortName(key))}]`;
    else text += (text === '' ? '' : '.') + shortName(key);
  }
  return text;
}

/** Marks the top of a table: its rows are named by line, its fields by header. */
export const CSV_LABEL = '\0csv';

function csvPlace([line, column]: readonly (string | number)[]): string {
  if (column === undefined) return `line ${line}`;
  return `line ${line}, column ${typeof column === 'number' ? column : JSON.stringify(column)}`;
}
