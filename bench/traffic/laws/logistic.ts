/** The log odds base + slope x under which yes and no are likeliest (Newton's method). */
export function fitLogistic(
  cases: readonly { readonly x: number; readonly yes: boolean }[],
): { base: number; slope: number } {
  const yes = cases.filter((each) => each.yes).length;
  let [base, slope] = [Math.log((yes + 0.5) / (cases.length - yes + 0.5)), 0];
  for (let round = 0; round < 50; round += 1) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-9, 0, 1e-9];
    for (const { x, yes: is } of cases) {
      const p = 1 / (1 + Math.exp(-base - slope * x));
      const [rest, weight] = [(is ? 1 : 0) - p, p * (1 - p)];
      g0 += rest;
      g1 += rest * x;
      h00 += weight;
      h01 += weight * x;
      h11 += weight * x * x;
    }
    const det = h00 * h11 - h01 * h01;
    if (!(det > 1e-12)) break;
    const [d0, d1] = [(h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det];
    base += d0;
    slope += d1;
    if (Math.abs(d0) + Math.abs(d1) < 1e-10) break;
  }
  return { base, slope };
}
