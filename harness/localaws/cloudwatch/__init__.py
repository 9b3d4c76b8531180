"""CloudWatch: alarms that are evaluated, and the metrics that services publish under AWS's names.

evaluation   what an alarm's state is, from data points
recent       the data points by metric
watcher      looks every second, changes states and tells whom the alarm names
metrics      what executions and invocations publish when they end
"""
