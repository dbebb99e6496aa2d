export { errorOf, type SigningKeys, signed, signingKey } from './sign.ts';
