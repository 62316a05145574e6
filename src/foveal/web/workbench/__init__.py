"""The workbench: photos, trainings and trained classifiers in the browser, on this machine.

::

    photo_sets, shelves, archive, checking       photos: kept, listed, unpacked, checked
    processes, trainings, runs                   training in a process of its own, and its files
    using, covering, cells, exports              what is done with a trained classifier
    answers, long_work, names                    refusals, bounded work, ids
    routes, *_routes                             which address asks for what

Ids are hashes of resolved names: no path is ever made from what a request says.
"""
