"""The worker: a process that owns one device, keeps the network resident, claims jobs, paints, reports.

The event loop talks to the database; one thread paints. They share an
:class:`~engine.worker.painting_thread.ActiveJob` for each job.
"""
