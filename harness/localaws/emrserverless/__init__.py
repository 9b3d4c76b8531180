"""EMR Serverless: applications are moto's; a job run is Spark's own spark-submit in a process group of its own.

command      what a run starts: spark-submit with the run's parameters, held to this machine's memory
runs         the runs of a home: started, followed, ended, their logs sent where they were asked for
operations   the API
"""
