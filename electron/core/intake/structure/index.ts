/** Text files as values with their exact places, for JSON, YAML, dotenv, INI, CSV, TOML and HCL alike. */
export { readCsv } from './csv.ts';
export { readDotenv } from './dotenv.ts';
export { readHcl } from './hcl.ts';
export { readHeaders } from './headers.ts';
export { iniValue, readIni } from './ini.ts';
export { readJson } from './json.ts';
export { Group, Leaf, type LeafStyle, pathText, type Structure, type Syntax, shortName } from './nodes.ts';
export { lineEnd, lineEndingAt, lineStart, positionOf } from './positions.ts';
export { readStructure } from './read.ts';
export { readToml } from './toml.ts';
export { readYaml } from './yaml.ts';
export { plainOrQuoted } from './yaml-scalars.ts';
