"""The worker: a process that owns one device, keeps the network loaded, claims jobs, paints them and reports.

The event loop talks to the database, and one thread paints. They share an
:class:`~engine.worker.active_job.ActiveJob` for each job.
"""
