/** `, leafRows 8, oneHot true`: settings that are not the defaults and not in the name already. */
export function saidSettings<S extends object>(
  settings: S, defaults: Required<S>, named: readonly (keyof S)[],
): string {
  const said = Object.entries(settings)
    .filter(([key, value]) => value !== defaults[key as keyof S] && !named.includes(key as keyof S));
  return said.map(([key, value]) => `, ${key} ${value}`).join('');
}
