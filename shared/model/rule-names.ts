/** What rules are about; apart from their schema, which would bring what validates into the page. */
export const RULE_NAMES = ['fingerprint', 'key', 'kind', 'path', 'finding'] as const;
export type RuleName = (typeof RULE_NAMES)[number];
