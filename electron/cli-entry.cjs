#!/usr/bin/env node
// What `rewrap` starts, copied into dist/ as it is. The bundle beside it cannot even be read by an older Node, so this
// uses nothing that Node 12 lacks.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    'rewrap: Node 24 or newer is needed, and this is ' +
      process.version +
      '. In a clone, "npm run --silent rewrap -- ..." brings its own.\n',
  );
  process.exitCode = 2;
} else {
  // V8 waits until the heap has doubled before it looks for garbage, and what a run makes is garbage soon.
  process.getBuiltinModule('node:v8').setFlagsFromString('--heap-growing-percent=40');
  require('./cli-main.cjs');
}
