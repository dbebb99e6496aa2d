/** True for an endpoint on this machine: an emulator, which then answers for STS as well. Apart, for a command line that loads no KMS. */
export function isLoopback(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? '';
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}
