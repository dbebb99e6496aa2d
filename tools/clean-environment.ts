/**
 * Set-up of the unit tests: nothing that a person has set for AWS, or as a proxy, decides what a test meets, nor whether
 * another user may read the files that it makes. What a test needs of these it sets itself.
 */
process.umask(0o022);
for (const name of Object.keys(process.env))
  if (/^(?:AWS_|(?:https?|all|no)_proxy$)/i.test(name)) delete process.env[name];
