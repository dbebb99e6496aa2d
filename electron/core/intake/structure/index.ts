/** Text files as values with their exact places, for JSON, YAML, dotenv, INI, CSV, TOML and HCL alike. */
export { readHeaders } from './headers.ts';
export { iniValue, readIni } from './ini.ts';
export { readJson } from './json.ts';
export { Group, Leaf, type Structure, shortName } from './nodes.ts';
export { lineEnd, lineEndingAt, lineStart, positionOf } from './positions.ts';
export { readStructure } from './read.ts';
export { plainOrQuoted } from './yaml-scalars.ts';
