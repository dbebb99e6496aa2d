import { CST, Lexer, Parser } from 'yaml';
import type { TextView } from '../text/text-view.ts';
import { Group, type Leaf, MAX_DEPTH, MAX_VALUES, type Structure } from './nodes.ts';
import { isYamlScalar, scalarKeyText, yamlLeaf } from './yaml-scalars.ts';

/** Longest text read as YAML, in characters: the syntax tree is some thirty times its size. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
/** Most tokens followed, comments and indentation included: about 400 MB of them, and two seconds. */
const MAX_LEXEMES = 1_000_000;

/**
 * YAML, one or several documents, from its concrete syntax tree: nothing is resolved, so that aliases cost nothing
 * however they are nested. Null when the text is no YAML map or list, or has an error in its syntax.
 */
export function readYaml(view: TextView): Structure | null {
  const { text } = view;
  // YAML allows no other control characters, and the tokenizer uses some of them as marks.
  if (text.length > MAX_CHARACTERS || /[^\t\n\r -~\u0080-\uffff]/.test(text)) return null;
  if (!/[:-](?=[ \t\r\n]|$)|[{[]/.test(text)) return null;
  const documents = parse(text);
  if (documents === null) return null;
  const values = documents.filter((document) => document.value !== undefined);
  const walk = new Walk(view);
  const roots: Group[] = [];
  for (const [i, { value }] of values.entries()) {
    const label = values.length > 1 ? `document ${i + 1}: ` : '';
    const root = value === undefined ? null : walk.root(value, label);
    if (root === null) return null;
    roots.push(root);
  }
  return roots.length === 0 ? null : { syntax: 'yaml', view, roots, leaves: walk.leaves };
}

function parse(text: string): CST.Document[] | null {
  const documents: CST.Document[] = [];
  const parser = new Parser();
  const take = (tokens: Iterable<CST.Token>): boolean => {
    for (const token of tokens) {
      if (token.type === 'error') return false;
      if (token.type === 'document') documents.push(token);
    }
    return true;
  };
  let lexemes = 0;
  try {
    for (const lexeme of new Lexer().lex(text)) {
      // The tokenizer's mark for a flow collection that is cut off by indentation.
      if (lexeme === CST.FLOW_END) return null;
      if (++lexemes > MAX_LEXEMES || parser.stack.length > MAX_DEPTH || !take(parser.next(lexeme)))
        return null;
    }
    return take(parser.end()) ? documents : null;
  } catch {
    return null;
  }
}

/** What stands before a value: `key:`, `- `. */
interface Place {
  readonly key: string | number;
  readonly keyStart: number;
  readonly keyEnd: number;
}

class Walk {
  readonly leaves: Leaf[] = [];
  readonly #view: TextView;

  constructor(view: TextView) {
    this.#view = view;
  }

  root(value: CST.Token, label: string): Group | null {
    return this.#group(value, null, { key: '', keyStart: -1, keyEnd: -1 }, label);
  }

  #group(token: CST.Token, parent: Group | null, place: Place, label = ''): Group | null {
    if (!CST.isCollection(token)) return null;
    const flow = token.type === 'flow-collection';
    const isMap = token.type === 'block-map' || (flow && token.start.source === '{');
    const group = new Group({
      kind: isMap ? 'map' : 'list',
      parent,
      ...place,
      start: token.offset,
      bracketed: flow,
      label,
    });
    const names = new Set<string>();
    let index = 0;
    for (const item of token.items) {
      if (item.start.some(isError) || item.sep?.some(isError) === true) return null;
      if (isMap ? !this.#pair(item, group, names, flow) : !this.#element(item, group, index)) return null;
      if (flow || item.start.some(({ type }) => type === 'seq-item-ind')) index++;
    }
    if (flow) {
      const close = token.end[0];
      const right = isMap ? 'flow-map-end' : 'flow-seq-end';
      if (close?.type !== right || token.end.some(isError)) return null;
      group.end = close.offset + close.source.length;
    } else {
      const last = group.members.at(-1);
      group.end = (last instanceof Group ? last.end : last?.outerEnd) ?? token.offset;
    }
    return group;
  }

  /** A member of a map. False when it is no valid one; a member without value, or an alias, is passed over. */
  #pair(item: CST.CollectionItem, group: Group, names: Set<string>, flow: boolean): boolean {
    const { key, sep, value } = item;
    if (key === undefined) return value === undefined;
    const hasColon = sep?.some(({ type }) => type === 'map-value-ind') === true;
    if (!hasColon && !flow && !('explicitKey' in item && item.explicitKey === true)) return false;
    if (key !== null && !isYamlScalar(key)) {
      // A map as a key: it is not followed, nor is the value under it.
      return !isError(key);
    }
    const name = key === null ? '' : scalarKeyText(this.#view, key);
    if (name === null || names.has(name)) return false;
    if (name !== '<<') names.add(name);
    const keyStart = key?.offset ?? -1;
    const keyEnd = key === null || key.type === 'block-scalar' ? keyStart : keyStart + key.source.length;
    return value === undefined || this.#value(value, group, { key: name, keyStart, keyEnd });
  }

  #element({ key, sep, value }: CST.CollectionItem, group: Group, index: number): boolean {
    // `[a: b]`: a map of one pair, without brackets.
    if (key !== undefined || sep !== undefined) {
      // Such a key stands on one line (YAML 1.2, section 7.4.2); the parser does not insist.
      const isKey =
        key != null && isYamlScalar(key) && key.source.length <= 1024 && !key.source.includes('\n');
      if (!isKey) return key?.type !== 'error' && value?.type !== 'error';
      const pair = new Group({ kind: 'map', parent: group, key: index, start: key.offset });
      if (!this.#pair({ key, sep, value } as CST.CollectionItem, pair, new Set(), true)) return false;
      const last = pair.members[0];
      pair.end = (last instanceof Group ? last.end : last?.outerEnd) ?? key.offset;
      group.members.push(pair);
      return true;
    }
    return value === undefined || this.#value(value, group, { key: index, keyStart: -1, keyEnd: -1 });
  }

  #value(token: CST.Token, group: Group, place: Place): boolean {
    if (isAlias(token)) return true;
    if (CST.isCollection(token)) {
      const inner = this.#group(token, group, place);
      if (inner !== null) group.members.push(inner);
      return inner !== null;
    }
    if (!isYamlScalar(token) || this.leaves.length >= MAX_VALUES) return false;
    const leaf = yamlLeaf(this.#view, token, group, place);
    if (leaf === null) return false;
    group.members.push(leaf);
    this.leaves.push(leaf);
    return true;
  }
}

function isError(token: { type: string }): boolean {
  return token.type === 'error' || token.type === 'flow-error-end';
}

function isAlias(token: { type: string }): boolean {
  return token.type === 'alias';
}
