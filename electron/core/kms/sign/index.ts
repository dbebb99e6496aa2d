export { type ExplainedError, errorOf } from './error-of.ts';
export { type SigningKeys, signed, signingKey, type Unsigned } from './sign.ts';
