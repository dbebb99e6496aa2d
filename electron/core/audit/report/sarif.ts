import { count } from '#shared/format.ts';
import { json, jsonLine, sarifText, visible } from './escape.ts';
import type { ReportHeader, SarifPlace, SarifResult, SarifResults } from './report.ts';

/** A path as a relative URI reference (RFC 3986): parts percent-encoded, what is absolute or goes up made a name. */
export function artifactUri(file: string): string {
  return file
    .split(/[\\/]/)
    .filter((part) => part !== '' && part !== '.')
    .map((part) => (part === '..' ? '%2E%2E' : encodeURIComponent(part.toWellFormed())))
    .join('/');
}

/** SARIF 2.1.0 (OASIS). Names from outside are escaped in messages and exact in properties. */
export function* writeSarif(
  { rules, results, properties }: SarifResults,
  stated: ReportHeader,
): Generator<string | null> {
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  const indexOf = new Map(sorted.map((rule, i) => [rule.id, i]));
  // One message serves every blob of a finding.
  const texts = new Map<string, string>();
  const said = (message: string): string => {
    const text = texts.get(message) ?? sarifText(message);
    texts.set(message, text);
    return text;
  };
  const frame = json({
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Rewrap',
            semanticVersion: stated.version,
            rules: sorted.map(({ id, text, help }) => ({
              id,
              name: id.replace(/(?:^|-)(\w)/g, (_, c: string) => c.toUpperCase()),
              shortDescription: { text: sarifText(text) },
              ...(help === '' ? {} : { help: { text: sarifText(help) } }),
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        properties: {
          connection: stated.connection === null ? null : visible(stated.connection),
          historyCount: stated.history.count,
          historyHead: stated.history.hash,
          paths: stated.paths.map(visible),
          ...properties,
        },
        results: [],
      },
    ],
  });
  const mark = '"results": []';
  const at = frame.lastIndexOf(mark);
  yield `${frame.slice(0, at)}"results": [`;
  const uris = new Map<string, string>();
  const uriOf = (file: string): string => {
    const uri = uris.get(file) ?? artifactUri(file);
    uris.set(file, uri);
    return uri;
  };
  // A line for each result, and one for each further place.
  let written = 0;
  let leftOut = 0;
  let room = MOST_LOCATIONS;
  for (const result of results) {
    if (result === null) {
      yield null;
      continue;
    }
    if (written === MOST_RESULTS) {
      leftOut += 1;
      continue;
    }
    yield written === 0 ? '\n' : ',\n';
    written += 1;
    const listed = Math.max(1, Math.min(result.total, PLACES_OF_RESULT, room));
    room -= listed;
    const common = resultOf(result, listed, indexOf.get(result.rule) ?? -1, said);
    yield jsonLine(common).slice(0, -1);
    let places = 0;
    for (const place of result.places) {
      const location = jsonLine(locationOf(place, uriOf(place.file), places, result.message, said));
      if (places === 0) yield `,"locations":[${location}]`;
      else yield `${places === 1 ? ',"relatedLocations":[' : ','}\n  ${location}`;
      places += 1;
      if (places === listed) break;
    }
    yield places > 1 ? ']}' : '}';
  }
  const invocations = json([
    {
      executionSuccessful: true,
      endTimeUtc: stated.at,
      ...(leftOut === 0
        ? {}
        : {
            toolExecutionNotifications: [
              {
                level: 'warning',
                message: {
                  text: `${count(leftOut)} results of the least severity are left out: code scanning takes ${count(MOST_RESULTS)}. JSON and CSV have them all.`,
                },
              },
            ],
          }),
    },
  ]);
  yield `${written === 0 ? ']' : '\n]'},\n"invocations": ${invocations}${frame.slice(at + mark.length)}\n`;
}

/** What GitHub code scanning takes: results of a run, and places of a result. Source: "SARIF results exceed limits". */
export const MOST_RESULTS = 25_000;
export const PLACES_OF_RESULT = 1000;
/** Places of all results together, so that the file stays well below the 10 MB that code scanning takes, compressed. */
const MOST_LOCATIONS = 50_000;

/**
 * Line and column where they are known or the place names them, bytes where they are known. Code scanning needs a line
 * of every place: what has none is shown at the beginning of its file, and its properties say so.
 */
function regionOf({ bytes, text, place }: SarifPlace): { readonly region: object; readonly known: boolean } {
  const named = /^line (\d{1,9})(?:, column (\d{1,9}))?/.exec(place);
  const line = text?.line ?? (named === null ? null : Number(named[1]));
  const column = text?.column ?? (named?.[2] === undefined ? null : Number(named[2]));
  return {
    region: {
      startLine: line ?? 1,
      startColumn: column ?? 1,
      ...(bytes === null ? {} : { byteOffset: bytes.start, byteLength: bytes.length }),
    },
    known: line !== null,
  };
}

function resultOf(
  { rule, level, message, total, fingerprint, suppressed, properties }: SarifResult,
  listed: number,
  ruleIndex: number,
  said: (message: string) => string,
): object {
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: {
      text: `${said(message)}${listed < total ? ` ${count(total)} places; ${listed === 1 ? 'the first is listed' : `the first ${count(listed)} are listed`}.` : ''}`,
    },
    // The first is the one by which code scanning knows an alert again.
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:1`, 'rewrap/v1': fingerprint },
    ...(suppressed === null
      ? {}
      : { suppressions: [{ kind: 'external', status: 'accepted', justification: sarifText(suppressed) }] }),
    properties: { ...properties, places: total },
  };
}

function locationOf(
  at: SarifPlace,
  uri: string,
  id: number,
  common: string,
  said: (message: string) => string,
): object {
  const { file, place, message, properties } = at;
  const { region, known } = regionOf(at);
  return {
    id,
    ...(uri === '' ? {} : { physicalLocation: { artifactLocation: { uri }, region } }),
    ...(place === '' ? {} : { logicalLocations: [{ fullyQualifiedName: visible(place), kind: 'member' }] }),
    ...(message === null || message === common ? {} : { message: { text: said(message) } }),
    properties: { ...properties, file, place, ...(known ? {} : { line: 'not known' }) },
  };
}
