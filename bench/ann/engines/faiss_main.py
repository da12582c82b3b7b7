"""`python3 faiss_main.py NAME`: FAISS, and numpy's BLAS, under the commands of `../protocol.ts`.

NAME is hnsw32, ivf-fast-scan, flat or numpy-scan. One thread for searches; ids are row numbers.
"""
import json
import math
import os
import sys
import time

import faiss
import numpy as np

NAME = sys.argv[1]
NOTHING = 0xFFFFFFFF
SCAN_BYTES = 1 << 26  # scores of one block of the numpy scan


def spec(count, dim):
    """FAISS's own name of the index: 2048 lists and PQ50 at 331,479 x 100, the like elsewhere."""
    if NAME == 'hnsw32':
        return 'HNSW32,Flat'
    if NAME == 'flat':
        return 'Flat'
    lists = 2 ** round(math.log2(4 * math.sqrt(count)) - 0.2)
    return f'IVF{lists},PQ{dim // 2}x4fs,RFlat'


class Faiss:
    def __init__(self, of):
        self.of = of
        self.selector = None
        self.bitmap = None

    def build(self, base):
        self.index = faiss.index_factory(self.of['dim'], spec(*base.shape), faiss.METRIC_INNER_PRODUCT)
        if NAME == 'hnsw32':
            self.index.hnsw.efConstruction = 200
        self.index.train(base)
        self.index.add(base)
        faiss.write_index(self.index, self.of['index'])

    def open(self):
        self.index = faiss.read_index(self.of['index'])

    def filter(self, path):
        if NAME != 'hnsw32':
            raise ValueError('this engine has no filters here')
        self.bitmap = None if path is None else np.fromfile(path, np.uint8)
        self.selector = None if path is None else faiss.IDSelectorBitmap(self.bitmap)

    def spend(self, setting):
        self.params = None
        if NAME == 'hnsw32':
            self.params = faiss.SearchParametersHNSW(efSearch=setting[0], sel=self.selector)
        elif NAME == 'ivf-fast-scan':
            faiss.downcast_index(self.index.base_index).nprobe = setting[0]
            self.index.k_factor = setting[1]

    def search(self, queries):
        return self.index.search(queries, self.of['k'], params=self.params)[1]


class NumpyScan:
    """The scan that anybody writes: a product with all, argpartition, a sort of what is left."""

    def __init__(self, of):
        self.of = of

    def build(self, base):
        base.tofile(self.of['index'])

    def open(self):
        self.base = np.fromfile(self.of['index'], np.float32).reshape(-1, self.of['dim'])

    def filter(self, path):
        raise ValueError('this engine has no filters here')

    def spend(self, setting):
        pass

    def search(self, queries):
        k = self.of['k']
        out = np.empty((len(queries), k), np.int64)
        step = max(1, SCAN_BYTES // (4 * len(self.base)))
        for at in range(0, len(queries), step):
            scores = queries[at:at + step] @ self.base.T
            near = np.argpartition(scores, -k, axis=1)[:, -k:]
            order = np.argsort(-np.take_along_axis(scores, near, 1), axis=1, kind='stable')
            out[at:at + step] = np.take_along_axis(near, order, 1)
        return out


class Session:
    def __init__(self):
        self.engine = None
        self.next = 0

    def obey(self, command):
        return getattr(self, command['do'])(command)

    def build(self, of):
        faiss.omp_set_num_threads(1)
        base = np.fromfile(of['base'], np.float32).reshape(-1, of['dim'])
        engine = (NumpyScan if NAME == 'numpy-scan' else Faiss)(of)
        _, times = timed(lambda: engine.build(base))
        return {**times, 'bytes': os.path.getsize(of['index'])}

    def open(self, of):
        faiss.omp_set_num_threads(1)
        self.engine = (NumpyScan if NAME == 'numpy-scan' else Faiss)(of)
        self.engine.open()
        self.queries = np.fromfile(of['queries'], np.float32).reshape(-1, of['dim'])
        return {}

    def filter(self, command):
        self.engine.filter(command['bitmap'])
        return {}

    def answer(self, command):
        self.engine.spend(command['setting'])
        count, batch = command['count'], command['batch']
        found = [self.engine.search(self.queries[at:min(at + batch, count)]) for at in range(0, count, batch)]
        ids = np.concatenate(found)
        np.where(ids < 0, NOTHING, ids).astype(np.uint32).tofile(command['into'])
        return {}

    def time(self, command):
        self.engine.spend(command['setting'])
        batch, seconds = command['batch'], command['leastMs'] / 1000

        def ask():
            items = 0
            end = time.perf_counter() + seconds
            while True:
                if self.next + batch > len(self.queries):
                    self.next = 0
                self.engine.search(self.queries[self.next:self.next + batch])
                self.next += batch
                items += batch
                if time.perf_counter() >= end:
                    return items

        items, times = timed(ask)
        return {'items': items, **times}


def timed(work):
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, {'cpuS': time.process_time() - cpu, 'wallS': time.perf_counter() - wall}


def main():
    session = Session()
    for line in sys.stdin:
        try:
            reply = session.obey(json.loads(line))
        except Exception as error:  # the bench decides what a failure means
            reply = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(reply), flush=True)


main()
