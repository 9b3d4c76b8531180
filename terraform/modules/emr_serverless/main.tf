# A Spark application of EMR Serverless: the same entrypoints at a larger size than Glue's.

resource "aws_emrserverless_application" "this" {
  name          = var.name
  release_label = var.release
  type          = "SPARK"
  architecture  = "X86_64"

  auto_start_configuration {
    enabled = true
  }

  auto_stop_configuration {
    enabled              = true
    idle_timeout_minutes = var.idle_minutes
  }

  maximum_capacity {
    cpu    = "${var.maximum.cpu} vCPU"
    memory = "${var.maximum.memory_gb} GB"
    disk   = "${var.maximum.disk_gb} GB"
  }

  network_configuration {
    subnet_ids         = var.network.subnet_ids
    security_group_ids = var.network.security_group_ids
  }
}
