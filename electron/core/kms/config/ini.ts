/** One section of a shared AWS file, members by lower-case name, nested ones as "kms.endpoint_url". */
interface IniSection {
  /** As written between the brackets, outer spaces removed. */
  readonly name: string;
  readonly members: ReadonlyMap<string, string>;
}

export interface Ini {
  /** In the file's order; a section that stands twice is one, at its first place. */
  readonly sections: readonly IniSection[];
  /** What cannot be read or is read otherwise than a person may think, with line numbers; no value is quoted. */
  readonly problems: readonly string[];
}

/** A comment after a value or header: the SDKs' rule (botocore, the AWS CLI's parser, takes it into the value). */
const COMMENT = /\s[;#].*$/;

/**
 * Reads a shared AWS file as the AWS CLI does (Python's RawConfigParser in botocore/configloader.py): names in lower
 * case, "=" or ":", lines indented deeper than their member belong to it, and are nested members where its own value is
 * empty. Three things that stop the AWS CLI are read and reported instead: a line that is no member, a section and a member
 * that stand twice (sections are merged, the later value counts).
 */
export function parseIni(text: string): Ini {
  const sections = new Map<string, Map<string, string[]>>();
  const problems: string[] = [];
  let section: Map<string, string[]> | null = null;
  let sectionName = '';
  let seen = new Set<string>();
  let member: string[] | null = null;
  let indent = 0;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const value = line.trim();
    if (value === '' || /^[#;]/.test(value)) continue;
    const depth = line.length - line.trimStart().length;
    if (member !== null && depth > indent) {
      member.push(value);
      continue;
    }
    indent = depth;
    const header = /^\[(.+)\]/.exec(value.replace(COMMENT, ''))?.[1]?.trim();
    if (header !== undefined) {
      if (sections.has(header))
        problems.push(
          `line ${index + 1}: the section [${header}] stands twice, which the AWS CLI refuses; both are read, the later value counts`,
        );
      sectionName = header;
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
      seen = new Set();
      member = null;
      continue;
    }
    if (section === null) {
      problems.push(`line ${index + 1} stands before the first [section] and is not read`);
      continue;
    }
    const parts = /^(.*?)\s*[=:]\s*(.*)$/.exec(value);
    if (parts === null || parts[1] === '') {
      problems.push(`line ${index + 1} is not "name = value" and is not read`);
      continue;
    }
    const name = (parts[1] ?? '').toLowerCase();
    if (seen.has(name))
      problems.push(
        `line ${index + 1}: "${name}" stands twice in [${sectionName}], which the AWS CLI refuses; the later value counts`,
      );
    seen.add(name);
    member = [parts[2] ?? ''];
    section.set(name, member);
  }
  return {
    sections: [...sections].map(([name, members]) => ({ name, members: membersOf(members, name, problems) })),
    problems,
  };
}

/** Values of several lines joined; those with an empty first line become nested members. */
function membersOf(
  raw: ReadonlyMap<string, readonly string[]>,
  section: string,
  problems: string[],
): Map<string, string> {
  const members = new Map<string, string>();
  for (const [name, lines] of raw) {
    const [first = '', ...more] = lines;
    if (first !== '' || more.length === 0) {
      const value = [first, ...more].join('\n');
      // A command may hold "#": only there is what follows part of the value.
      members.set(name, name === 'credential_process' ? value : value.replace(COMMENT, ''));
      continue;
    }
    for (const line of more) {
      const at = line.indexOf('=');
      if (at < 1)
        problems.push(`a line under "${name}" in [${section}] is not "name = value" and is not read`);
      else
        members.set(
          `${name}.${line.slice(0, at).trim()}`,
          line
            .slice(at + 1)
            .trim()
            .replace(COMMENT, ''),
        );
    }
  }
  return members;
}

/**
 * Words of a POSIX shell's command line, as Python's `shlex.split` takes them apart: quotes and backslashes alone, no
 * variables. Null where a quote is left open.
 */
export function shellWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end === -1) return null;
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      word ??= '';
      for (at++; at < text.length && text.charAt(at) !== '"'; at++) {
        if (text.charAt(at) === '\\' && /["\\]/.test(text.charAt(at + 1))) at++;
        word += text.charAt(at);
      }
      if (at >= text.length) return null;
    } else if (char === '\\') {
      if (++at >= text.length) return null;
      word = (word ?? '') + text.charAt(at);
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) words.push(word);
  return words;
}
