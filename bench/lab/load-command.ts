export const usage = 'vitrine bench load -u URL …';

export async function run(): Promise<number> {
  console.error(usage);
  return 2;
}
