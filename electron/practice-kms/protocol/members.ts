/**
 * Reads and checks the members of a request as KMS does: a value of the wrong JSON type is a SerializationException at
 * once; broken constraints are gathered and sent as one ValidationException, in KMS's wording.
 */
import { KmsError, serializationError, validationError } from './errors.ts';

interface Length {
  readonly min: number;
  readonly max: number;
}

/** Limits of the KMS service model, in bytes or characters. */
export const LENGTHS = {
  keyId: { min: 1, max: 2048 },
  ciphertextBlob: { min: 1, max: 6144 },
  plaintext: { min: 1, max: 4096 },
  grantToken: { min: 1, max: 8192 },
  marker: { min: 1, max: 1024 },
  aliasName: { min: 1, max: 256 },
  description: { min: 0, max: 8192 },
  grantId: { min: 1, max: 128 },
  name: { min: 1, max: 256 },
  policy: { min: 1, max: 131_072 },
  policyName: { min: 1, max: 128 },
  principal: { min: 1, max: 256 },
  region: { min: 1, max: 32 },
  tagKey: { min: 1, max: 128 },
  tagValue: { min: 0, max: 256 },
} as const satisfies Record<string, Length>;
const GRANT_TOKENS_MAX = 10;

/**
 * One request's members. Getters return a harmless value where a constraint is broken, so call {@link RequestMembers.check}
 * after the last getter and before using any value.
 */
export class RequestMembers {
  readonly #body: Record<string, unknown>;
  readonly #problems: string[];
  readonly #path: string;

  /** @throws KmsError SerializationException unless `body` is a JSON object. */
  constructor(body: unknown, path = '', problems: string[] = []) {
    this.#path = path;
    this.#problems = problems;
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw wrongType(body, 'a Structure');
    this.#body = body as Record<string, unknown>;
  }

  /** @throws KmsError ValidationException that names every broken constraint. */
  check(): void {
    const count = this.#problems.length;
    if (count > 0)
      throw validationError(
        `${count} validation error${count === 1 ? '' : 's'} detected: ${this.#problems.join('; ')}`,
      );
  }

  has(name: string): boolean {
    return this.#get(name) !== null;
  }

  string(name: string, length: Length, pattern?: RegExp): string | null {
    const value = this.#get(name);
    if (value === null) return null;
    if (typeof value !== 'string') throw wrongType(value, 'a String');
    if (!value.isWellFormed()) throw serializationError('A string holds half of a surrogate pair.');
    this.#checkLength(`Value '${value}'`, name, value.length, length);
    if (pattern && !pattern.test(value))
      this.#refuse(
        `Value '${value}'`,
        name,
        `Member must satisfy regular expression pattern: ${pattern.source}`,
      );
    return value;
  }

  requiredString(name: string, length: Length, pattern?: RegExp): string {
    const value = this.string(name, length, pattern);
    return value ?? this.#missing(name, '');
  }

  choice<T extends string>(name: string, values: readonly T[]): T | null {
    const value = this.#get(name);
    if (value === null) return null;
    if (typeof value !== 'string') throw wrongType(value, 'a String');
    const known = values.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    this.#refuse(`Value '${value}'`, name, `Member must satisfy enum value set: [${values.join(', ')}]`);
    return null;
  }

  integer(name: string, min: number, max: number): number | null {
    const value = this.#get(name);
    if (value === null) return null;
    if (typeof value !== 'number') throw wrongType(value, 'an Integer');
    if (!Number.isInteger(value)) throw serializationError(`${value} can not be converted to an Integer`);
    if (value < min)
      this.#refuse(`Value '${value}'`, name, `Member must have value greater than or equal to ${min}`);
    else if (value > max)
      this.#refuse(`Value '${value}'`, name, `Member must have value less than or equal to ${max}`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#get(name);
    if (value === null) return false;
    if (typeof value !== 'boolean') throw wrongType(value, 'a Boolean');
    return value;
  }

  /** Base64 on the wire. The value is never quoted in a message: it may be plaintext. */
  blob(name: string, length: Length): Buffer | null {
    const value = this.#get(name);
    if (value === null) return null;
    if (typeof value !== 'string') throw wrongType(value, 'a Blob');
    const bytes = decodeBase64(value);
    if (bytes === null) throw serializationError(`${name} is not valid base64`);
    this.#checkLength('Value', name, bytes.length, length);
    return bytes;
  }

  requiredBlob(name: string, length: Length): Buffer {
    return this.blob(name, length) ?? this.#missing(name, Buffer.alloc(0));
  }

  /** An encryption context; absent and empty are the same. */
  context(name: string): Record<string, string> {
    const value = this.#get(name);
    if (value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(value, 'a Map');
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') throw wrongType(text, 'a String');
      if (!key.isWellFormed() || !text.isWellFormed())
        throw serializationError('A string holds half of a surrogate pair.');
    }
    return value as Record<string, string>;
  }

  /** A structure within the request; null when it is absent. Its problems are this request's. */
  structure(name: string): RequestMembers | null {
    const value = this.#get(name);
    return value === null ? null : new RequestMembers(value, this.#pathOf(name), this.#problems);
  }

  /** A list of structures; null when it is absent. */
  structures(name: string): readonly RequestMembers[] | null {
    const value = this.#get(name);
    if (value === null) return null;
    if (!Array.isArray(value)) throw wrongType(value, 'a List');
    return value.map(
      (item, at) => new RequestMembers(item, `${this.#pathOf(name)}.${at + 1}.member`, this.#problems),
    );
  }

  strings(name: string, length: Length): readonly string[] {
    const values = this.#strings(name);
    for (const value of values) this.#checkLength(`Value '${value}'`, name, value.length, length);
    return values;
  }

  grantTokens(): readonly string[] {
    const tokens = this.#strings('GrantTokens');
    if (tokens.length > GRANT_TOKENS_MAX)
      this.#refuse(
        'Value',
        'GrantTokens',
        `Member must have length less than or equal to ${GRANT_TOKENS_MAX}`,
      );
    for (const token of tokens) this.#checkLength('Value', 'GrantTokens', token.length, LENGTHS.grantToken);
    return tokens;
  }

  choices<T extends string>(name: string, values: readonly T[]): readonly T[] {
    return this.#strings(name).flatMap((value) => {
      const known = values.find((candidate) => candidate === value);
      if (known !== undefined) return [known];
      this.#refuse(
        `Value '${value}'`,
        name,
        `Member must satisfy constraint: [Member must satisfy enum value set: [${values.join(', ')}]]`,
      );
      return [];
    });
  }

  /** A broken constraint that only an operation knows. */
  requireMember(name: string): void {
    if (!this.has(name)) this.#missing(name, null);
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#body, name) ? (this.#body[name] ?? null) : null;
  }

  #strings(name: string): readonly string[] {
    const value = this.#get(name);
    if (value === null) return [];
    if (!Array.isArray(value)) throw wrongType(value, 'a List');
    for (const item of value) if (typeof item !== 'string') throw wrongType(item, 'a String');
    return value;
  }

  #missing<T>(name: string, stand: T): T {
    this.#refuse('Value null', name, 'Member must not be null');
    return stand;
  }

  #checkLength(subject: string, name: string, length: number, limits: Length): void {
    if (length < limits.min)
      this.#refuse(subject, name, `Member must have length greater than or equal to ${limits.min}`);
    else if (length > limits.max)
      this.#refuse(subject, name, `Member must have length less than or equal to ${limits.max}`);
  }

  #pathOf(name: string): string {
    const member = name.charAt(0).toLowerCase() + name.slice(1);
    return this.#path === '' ? member : `${this.#path}.${member}`;
  }

  #refuse(subject: string, name: string, constraint: string): void {
    this.#problems.push(`${subject} at '${this.#pathOf(name)}' failed to satisfy constraint: ${constraint}`);
  }
}

function wrongType(value: unknown, wanted: string): KmsError {
  const kind =
    value === null
      ? 'NULL_VALUE'
      : Array.isArray(value)
        ? 'START_ARRAY'
        : typeof value === 'object'
          ? 'START_OBJECT'
          : `${(typeof value).toUpperCase()}_VALUE`;
  return serializationError(`${kind} can not be converted to ${wanted}`);
}

/** Strict RFC 4648 §4 base64 with padding; null for anything else. Node's own decoder forgives, so lengths are compared. */
function decodeBase64(text: string): Buffer | null {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : null;
}

/** A response in wire form; a member with the value null is left out by its maker. */
export type Output = Record<string, unknown>;

/** `Limit` and `Marker` of a list operation. The marker is the last name given out, so pages stay true to changes. */
export function pageMembers(
  members: RequestMembers,
  defaultLimit: number,
  maxLimit: number,
): { limit: number; after: string } {
  const limit = members.integer('Limit', 1, maxLimit) ?? defaultLimit;
  const marker = members.string('Marker', LENGTHS.marker);
  return { limit, after: marker === null ? '' : decodeMarker(marker) };
}

/** Cuts `items`, of which one more than `limit` was asked for, to a page. */
export function pageOfItems<T>(
  items: readonly T[],
  limit: number,
  nameOf: (item: T) => string,
): { items: readonly T[]; more: { NextMarker?: string; Truncated: boolean } } {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  if (items.length <= limit || last === undefined) return { items: page, more: { Truncated: false } };
  return { items: page, more: { NextMarker: encodeMarker(nameOf(last)), Truncated: true } };
}

const PREFIX = 'practice:';

function encodeMarker(name: string): string {
  return Buffer.from(PREFIX + name, 'utf8').toString('base64');
}

/** @throws KmsError InvalidMarkerException. */
function decodeMarker(marker: string): string {
  const text = Buffer.from(marker, 'base64').toString('utf8');
  if (!text.startsWith(PREFIX)) throw new KmsError('InvalidMarkerException', 'Could not deserialize marker.');
  return text.slice(PREFIX.length);
}
