const SLOW = process.env.REWRAP_SLOW === '1';

/** How many cases a property is tried with: `many` in `npm run test:slow`, `few` at most in `npm test`. */
export const manyRuns = (many: number, few = 100): number => (SLOW ? many : Math.min(many, few));
