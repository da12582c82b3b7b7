import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseFolds } from '../../models/learn/split/given.ts';
import {
  categories, numbers, type Column, type Examples, type Table,
} from '../../models/learn/table.ts';
import { realData } from './real-data.ts';

/** Real tables with their published folds. `skip` says why they are not here. */
export interface RealTable {
  readonly skip: string | false;
  read(): { readonly examples: Examples; readonly folds: Uint32Array };
}

const SHOPPERS_TEXTS = [
  'Month', 'OperatingSystems', 'Browser', 'Region', 'TrafficType', 'VisitorType', 'Weekend',
];
const TELCO_NUMBERS = ['tenure', 'MonthlyCharges', 'TotalCharges', 'SeniorCitizen'];

/** UCI 468: sessions of a shop, and whether they bought; 12,330 rows. */
export const shoppers: RealTable = table(
  'online_shoppers/online_shoppers_intention.csv.gz', 'online_shoppers/folds.csv.gz', 'Revenue',
  (name) => SHOPPERS_TEXTS.includes(name), []);

/** IBM's made-up customers of a telephone company, and whether they left; 7,043 rows. */
export const telco: RealTable = table(
  'telco_churn/telco_customer_churn.csv.gz', 'telco_churn/folds.csv.gz', 'Churn',
  (name) => !TELCO_NUMBERS.includes(name), ['customerID']);

function table(
  file: string, foldFile: string, label: string, isText: (name: string) => boolean,
  without: readonly string[],
): RealTable {
  const { path, skip } = realData(file);
  return {
    skip,
    read() {
      const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
      const [head, ...cells] = lines.map((line) => line.trim().split(',')) as [string[], ...string[][]];
      const column = (name: string): Column => {
        const texts = cells.map((row) => row[head.indexOf(name)] as string);
        return isText(name)
          ? categories(name, texts)
          : numbers(name, texts.map((text) => (text.trim() === '' ? NaN : Number(text))));
      };
      const names = head.filter((name) => name !== label && !without.includes(name));
      const of: Table = { rows: cells.length, columns: names.map(column) };
      const labels = Float64Array.from(cells, (row) =>
        (/^(true|yes|1)$/i.test(row[head.indexOf(label)] as string) ? 1 : 0));
      const folds = parseFolds(gunzipSync(readFileSync(realData(foldFile).path)).toString());
      return { examples: { table: of, labels }, folds };
    },
  };
}
