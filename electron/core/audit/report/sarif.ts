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
        invocations: [{ executionSuccessful: true, endTimeUtc: stated.at }],
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
  let first = true;
  const uriOf = (file: string): string => {
    const uri = uris.get(file) ?? artifactUri(file);
    uris.set(file, uri);
    return uri;
  };
  // A line for each result, and one for each further place: there may be hundreds of thousands.
  for (const result of results) {
    if (result === null) {
      yield null;
      continue;
    }
    yield first ? '\n' : ',\n';
    first = false;
    const common = resultOf(result, indexOf.get(result.rule) ?? -1, said);
    yield jsonLine(common).slice(0, -1);
    let places = 0;
    for (const place of result.places) {
      const location = jsonLine(locationOf(place, uriOf(place.file), places, result.message, said));
      if (places === 0) yield `,"locations":[${location}]`;
      else yield `${places === 1 ? ',"relatedLocations":[' : ','}\n  ${location}`;
      places++;
    }
    yield places > 1 ? ']}' : '}';
  }
  yield `${first ? ']' : '\n]'}${frame.slice(at + mark.length)}\n`;
}

/** Bytes where they are known; the line where the place names one, as places in text do. */
function regionOf(bytes: SarifPlace['bytes'], place: string): object {
  const line = /^line (\d{1,9})(?:, column (\d{1,9}))?/.exec(place);
  const region = {
    ...(line === null ? {} : { startLine: Number(line[1]) }),
    ...(line?.[2] === undefined ? {} : { startColumn: Number(line[2]) }),
    ...(bytes === null ? {} : { byteOffset: bytes.start, byteLength: bytes.length }),
  };
  return Object.keys(region).length === 0 ? {} : { region };
}

function resultOf(
  { rule, level, message, fingerprint, suppressed, properties }: SarifResult,
  ruleIndex: number,
  said: (message: string) => string,
): object {
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: said(message) },
    partialFingerprints: { 'rewrap/v1': fingerprint },
    ...(suppressed === null
      ? {}
      : { suppressions: [{ kind: 'external', status: 'accepted', justification: sarifText(suppressed) }] }),
    properties,
  };
}

function locationOf(
  { file, place, bytes, message, properties }: SarifPlace,
  uri: string,
  id: number,
  common: string,
  said: (message: string) => string,
): object {
  return {
    id,
    ...(uri === '' ? {} : { physicalLocation: { artifactLocation: { uri }, ...regionOf(bytes, place) } }),
    ...(place === '' ? {} : { logicalLocations: [{ fullyQualifiedName: visible(place), kind: 'member' }] }),
    ...(message === null || message === common ? {} : { message: { text: said(message) } }),
    properties: { ...properties, file, place },
  };
}
