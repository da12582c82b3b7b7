/** Colours that the colour-blind tell apart (after Okabe & Ito), lighter on the dark side. */
export const STYLE = `
:root{--page:#f3f4f6;--card:#fff;--ink:#1c1e21;--soft:#666b73;--grid:#e7e9ec;--axis:#9aa0a8;
--c1:#0072b2;--c2:#d55e00;--c3:#009e73;--c4:#cc79a7;--c5:#8a6d00;--c6:#b4b9c1;
--bad:#b3261e;--good:#00734f;--warn:#fff4e0}
@media (prefers-color-scheme:dark){:root{--page:#111315;--card:#1b1e21;--ink:#e8eaed;--soft:#9aa0a8;--grid:#2c3035;
--axis:#5f656d;--c1:#4ca8e8;--c2:#f0853c;--c3:#35c79a;--c4:#e39cc4;--c5:#d1ab2e;--c6:#596069;
--bad:#ff8a80;--good:#5fd6a8;--warn:#33290f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,'Segoe UI',sans-serif}
main{max-width:1180px;margin:0 auto;padding:30px 20px}
h1{font-size:28px;line-height:1.25;margin:0 0 4px}h2{font-size:19px;margin:0 0 4px}
section,details{background:var(--card);border-radius:10px;padding:20px 24px;margin:16px 0}
p{margin:2px 0 12px;color:var(--soft);max-width:80ch}.quiet{color:var(--soft);font-size:14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:12px;margin:14px 0}
.tile{background:var(--card);border-radius:10px;padding:14px 16px;color:var(--soft);font-size:14px}
.tile b{display:block;font-size:23px;line-height:1.3;color:var(--ink);white-space:nowrap}
.warn{background:var(--warn);border-radius:10px;padding:12px 20px 12px 36px;margin:14px 0;font-size:15px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--soft);font-weight:500}
td,th{padding:6px 10px;border-bottom:1px solid var(--grid);white-space:nowrap}td.n,th.n{text-align:right}
.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
summary{font-size:19px;font-weight:700;cursor:pointer}
.pictures{display:grid;
grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:18px 26px;margin-top:12px}
figure{margin:0;max-width:760px}figcaption{font-weight:600;margin-bottom:2px}
svg{display:block;width:100%;height:auto;font-family:system-ui,'Segoe UI',sans-serif}
code{font-size:14px;overflow-wrap:anywhere}ul{padding-left:22px;margin:6px 0}li{margin:3px 0}
@media print{body{background:#fff}section,details{break-inside:avoid}}
`.replaceAll('\n', '');
