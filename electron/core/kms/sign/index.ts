export { type ExplainedError, errorOf, type SigningKeys, signed, signingKey, type Unsigned } from './sign.ts';
