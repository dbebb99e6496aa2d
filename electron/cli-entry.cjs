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
  require('./cli-main.cjs');
}
