variable "bucket" {
  description = "Bucket of the scripts."
  type        = string
}

variable "folder" {
  description = "Folder of this machine that the paths start at."
  type        = string
}

variable "files" {
  description = "Paths of the files, which are their keys too."
  type        = set(string)

  validation {
    condition     = alltrue([for file in var.files : !startswith(file, "/") && !strcontains(file, "..")])
    error_message = "Paths are relative and stay inside the folder."
  }
}
