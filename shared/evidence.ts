/** How much is known of a blob's key, strongest first; `electron/core/key-material/evidence.ts` says what each means. */
export const EVIDENCE = [
  'kms',
  'person',
  'declared',
  'inferred',
  'contradicted',
  'grouped',
  'unknown',
  'foreign',
] as const;
export type EvidenceBy = (typeof EVIDENCE)[number];

/** How a blob's key is known, for people: the same on screen, in reports and on the command line. */
export const EVIDENCE_WORDS: Readonly<Record<EvidenceBy, string>> = {
  kms: 'confirmed by KMS',
  person: 'named by a person',
  declared: 'declared in files',
  inferred: 'inferred from blobs with the same key material',
  contradicted: 'labels contradict each other',
  grouped: 'same key, not yet identified',
  unknown: 'not known',
  foreign: 'not made by KMS',
};

/** The weaker of two: what may be said of all where some are better known. */
export const weakest = (a: EvidenceBy, b: EvidenceBy): EvidenceBy =>
  EVIDENCE.indexOf(a) >= EVIDENCE.indexOf(b) ? a : b;
