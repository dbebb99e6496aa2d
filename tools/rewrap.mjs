// `npm run rewrap -- …`: the command line in the folder that you called npm in, which is what your paths start from.
// npm itself starts every script in the clone's folder.
if (process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD);
await import('../dist/cli.js');
