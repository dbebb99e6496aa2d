export { type SigningKeys, signed, signingKey, type Unsigned } from './sign.ts';
