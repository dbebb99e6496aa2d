/**
 * Set-up of the unit tests: nothing that a person has set for AWS, or as a proxy, decides what a test meets. What a test
 * needs of these it sets itself.
 */
for (const name of Object.keys(process.env))
  if (/^(?:AWS_|(?:https?|all|no)_proxy$)/i.test(name)) delete process.env[name];
