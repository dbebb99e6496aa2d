import { z } from 'zod';

/** Most issues that are named. */
const MOST_ISSUES = 5;
/** Most characters of all of them. */
const MOST_CHARACTERS = 2000;

/** The first few issues in words, cut where they are long: a key of a record may be as long as the request. */
export function issueLines({ issues }: z.ZodError): string {
  const text = z.prettifyError(new z.core.$ZodError(issues.slice(0, MOST_ISSUES)));
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  const more = issues.length - MOST_ISSUES;
  return more > 0 ? `${cut}\nand ${more} more` : cut;
}
