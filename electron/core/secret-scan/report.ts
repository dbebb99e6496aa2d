import { z } from 'zod';
import { FaultError, fault } from '#shared/model/fault.ts';

/** A result of gitleaks: what it takes for a secret, and where. */
export interface ScanResult {
  readonly rule: string;
  /** Id of the commit; null: of the files as they lie on the disk. */
  readonly commit: string | null;
  /** As the report has it, with "/". */
  readonly file: string;
  /** From 1. */
  readonly startLine: number;
  readonly endLine: number;
  /** What the rule matched, with its surroundings; null where the report does not say it (SARIF). */
  readonly match: string | null;
  readonly secret: string;
  /** What `.gitleaksignore` names it by; null where the report does not say it (SARIF). */
  readonly fingerprint: string | null;
}

const text = z.string();
const line = z.int().min(0);

/** Source: gitleaks v8, report/finding.go. */
const Finding = z.object({
  RuleID: text,
  StartLine: line,
  EndLine: line,
  Match: text,
  Secret: text,
  File: text,
  Commit: text,
  Fingerprint: text,
});

/** Source: gitleaks v8, report/sarif.go. */
const Sarif = z.object({
  version: z.literal('2.1.0'),
  runs: z.array(
    z.object({
      tool: z.object({ driver: z.object({ name: text }) }),
      results: z
        .array(
          z.object({
            ruleId: text,
            partialFingerprints: z.object({ commitSha: text.nullish() }).nullish(),
            locations: z
              .array(
                z.object({
                  physicalLocation: z.object({
                    artifactLocation: z.object({ uri: text }),
                    region: z.object({
                      startLine: line,
                      endLine: line.nullish(),
                      snippet: z.object({ text }).nullish(),
                    }),
                  }),
                }),
              )
              .length(1),
          }),
        )
        .nullish(),
    }),
  ),
});

/** Reads a report of gitleaks, JSON or SARIF. Throws FaultError `ScanReportUnreadable`. */
export function readReport(content: string): ScanResult[] {
  const value = parsed(content);
  // No result at all is null in Go's JSON.
  if (value === null) return [];
  if (Array.isArray(value)) {
    const findings = z.array(Finding).safeParse(value);
    if (!findings.success)
      throw unreadable('It is a list, and not of the results of gitleaks 8.10 or newer.');
    return findings.data.map((one) => ({
      rule: one.RuleID,
      commit: one.Commit === '' ? null : one.Commit,
      file: one.File,
      startLine: one.StartLine,
      endLine: one.EndLine,
      match: one.Match,
      secret: one.Secret,
      fingerprint: one.Fingerprint,
    }));
  }
  const sarif = Sarif.safeParse(value);
  if (!sarif.success) throw unreadable('It is neither the JSON nor the SARIF of gitleaks.');
  return sarif.data.runs.flatMap(({ tool, results }) => {
    if (tool.driver.name !== 'gitleaks')
      throw unreadable(`It is a report of ${JSON.stringify(tool.driver.name.slice(0, 100))}.`);
    return (results ?? []).flatMap(({ ruleId, partialFingerprints, locations }) =>
      locations.map(({ physicalLocation: { artifactLocation, region } }) => ({
        rule: ruleId,
        commit: partialFingerprints?.commitSha || null,
        file: artifactLocation.uri,
        startLine: region.startLine,
        endLine: region.endLine ?? region.startLine,
        match: null,
        secret: region.snippet?.text ?? '',
        fingerprint: null,
      })),
    );
  });
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch {
    throw unreadable('It is no JSON, or was cut off.');
  }
}

const unreadable = (why: string): FaultError =>
  new FaultError(
    fault(
      'ScanReportUnreadable',
      'The report of the secret scanner cannot be used.',
      why,
      'Make one with gitleaks dir or gitleaks git: --report-format json --report-path leaks.json',
    ),
  );
